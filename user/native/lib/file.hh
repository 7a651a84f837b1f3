// What the file server `fat` is asked, and answers: the twin of lib/sing/file.sing. The status of a reply
// is a FileError, or what it says below.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace singlet::native {

inline constexpr std::uint32_t kMostPath = 256;
inline constexpr std::uint32_t kMostRead = 64 << 10; // bytes of one request

struct FileRequest {
    enum class What : std::uint32_t {
        Open,  // path -> number of the file, and an Opened
        Read,  // file, offset (by sectors), bytes -> how many, and they; 0 at the end
        Close, // file -> 0
    };
    What what;
    std::uint32_t file;
    std::uint32_t offset, bytes;
    char path[kMostPath]; // as much of it as the message is long
};
inline constexpr std::size_t kFileRequestBytes = offsetof(FileRequest, path); // without a path

struct Opened {
    std::uint32_t size;
    std::uint32_t is_directory;
};

enum FileError : std::int32_t {
    kNotFound = -101,
    kBadPath = -102,    // too long, or not beginning with /
    kBadFile = -103,    // not the number of an open file
    kNotAFile = -104,   // a directory
    kBadOffset = -106,  // no multiple of 512, or behind the file's end
    kDiskFailed = -107, // the disk, or its driver
    kCorrupt = -108,    // the file system's structures contradict each other here
    kNoVolume = -110,   // nothing that this server can read
    kNoFileRequest = -111,
};

constexpr std::string_view text_of(std::int32_t error) {
    switch (error) {
    case kNotFound:
        return "no such file";
    case kBadPath:
        return "not a path";
    case kBadFile:
        return "not an open file";
    case kNotAFile:
        return "a directory instead of a file";
    case kBadOffset:
        return "no such place in the file";
    case kDiskFailed:
        return "the disk failed";
    case kCorrupt:
        return "the file system is corrupted here";
    case kNoVolume:
        return "no usable volume";
    default:
        return "the file service is gone";
    }
}

} // namespace singlet::native
