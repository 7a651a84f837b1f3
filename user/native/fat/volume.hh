// A FAT32 volume: its disk, the cache of its metadata, and how clusters follow each other. The twin of
// user/fat/cache.sing and volume.sing. Nothing on the disk is believed.
#pragma once
#include "user/native/lib/disk.hh"
#include "user/native/lib/native.hh"
#include <cstring>

namespace singlet::native {

// The driver, asked by messages.
class Disk {
public:
    explicit Disk(ProcessId driver) : driver_(driver) {}
    /// 0: there is none.
    std::uint64_t sectors() const;
    bool read(std::uint32_t first, std::uint32_t count, std::byte* to) const;

private:
    ProcessId driver_;
};

inline std::uint16_t get16(const std::byte* at) {
    std::uint16_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
inline std::uint32_t get32(const std::byte* at) {
    std::uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

// Lines of 4 KB, four-way set-associative; the least recently used line of a set gives way.
class Cache {
public:
    Cache(const Disk& disk, std::uint32_t sectors) : disk_(disk), sectors_(sectors) {}
    /// The sector's bytes, until the next call; null: the disk failed.
    const std::byte* sector(std::uint32_t lba);
    std::uint32_t sectors() const { return sectors_; }

private:
    static constexpr std::uint32_t kLineSectors = 8, kSets = 32, kWays = 4;
    struct Line {
        std::uint32_t number = ~0u, used = 0;
        std::byte data[kLineSectors * kSectorBytes];
    };
    bool load(Line& line, std::uint32_t number);

    const Disk& disk_;
    std::uint32_t sectors_, clock_ = 0;
    Line lines_[kSets][kWays];
};

class Volume {
public:
    // What stands behind a cluster in its chain, if it is no cluster.
    enum Chain : std::int32_t { kEnd = 0, kBroken = -1, kUnread = -2 };

    explicit Volume(Cache& cache) : cache_(cache) {}
    /// Reads the BIOS parameter block [FAT 3]. Empty, or why this is no volume for us.
    std::string_view mount();

    bool is_cluster(std::uint32_t n) const { return n >= 2 && n - 2 < clusters_; }
    std::uint32_t cluster_bytes() const { return sectors_per_cluster_ * kSectorBytes; }
    std::uint32_t sectors_per_cluster() const { return sectors_per_cluster_; }
    std::uint32_t sector_of(std::uint32_t cluster) const {
        return data_ + (cluster - 2) * sectors_per_cluster_;
    }
    std::uint32_t clusters() const { return clusters_; }
    std::uint32_t root() const { return root_; }
    /// The cluster after this one, or a Chain.
    std::int32_t next(std::uint32_t cluster);
    const std::byte* sector(std::uint32_t lba) { return cache_.sector(lba); }

private:
    std::string_view lay_out(const std::byte* block);

    Cache& cache_;
    std::uint32_t sectors_per_cluster_ = 0;
    std::uint32_t clusters_ = 0; // numbered 2 .. clusters_ + 1
    std::uint32_t table_ = 0;    // first sector of the FAT in use
    std::uint32_t data_ = 0;     // first sector of cluster 2
    std::uint32_t root_ = 0;     // first cluster of the root directory
};

} // namespace singlet::native
