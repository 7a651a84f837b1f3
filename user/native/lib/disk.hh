// What the disk driver `ide` is asked, and answers: the twin of lib/sing/disk.sing, with copies where that
// one passes buffers on. The status of a reply is a DiskError, or what it says below.
#pragma once
#include <cstdint>

namespace singlet::native {

inline constexpr std::uint32_t kSectorBytes = 512;
inline constexpr std::uint32_t kMostSectors = 128; // of one request: 64 KB

struct DiskRequest {
    enum class What : std::uint32_t {
        Size, // -> 0, and a std::uint64_t: the disk's sectors
        Read, // -> the number of bytes, and they
    };
    What what;
    std::uint32_t count; // sectors
    std::uint64_t first;
};

enum DiskError : std::int32_t {
    kNoDisk = -101,
    kNoSuchSectors = -102,
    kDriveFailed = -103,
    kNoDiskRequest = -104, // not a request
};

} // namespace singlet::native
