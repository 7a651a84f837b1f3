#include "user/native/fat/volume.hh"

#include <algorithm>
#include <bit>

namespace singlet::native {

std::uint64_t Disk::sectors() const {
    DiskRequest request{.what = DiskRequest::What::Size, .count = 0, .first = 0};
    std::uint64_t sectors = 0;
    return call(driver_, bytes_of(request), room_of(sectors)).good() ? sectors : 0;
}

bool Disk::read(std::uint32_t first, std::uint32_t count, std::byte* to) const {
    DiskRequest request{.what = DiskRequest::What::Read, .count = count, .first = first};
    std::uint32_t bytes = count * kSectorBytes;
    Outcome answer = call(driver_, bytes_of(request), {to, bytes});
    return answer.good() && answer.extra == bytes;
}

const std::byte* Cache::sector(std::uint32_t lba) {
    std::uint32_t number = lba / kLineSectors;
    Line(&set)[kWays] = lines_[number % kSets];
    clock_++;
    Line* line = &set[0];
    for (Line& candidate : set) {
        if (candidate.number == number) {
            line = &candidate;
            break;
        }
        if (candidate.used < line->used) line = &candidate;
    }
    if (line->number != number && !load(*line, number)) return nullptr;
    line->used = clock_;
    return line->data + lba % kLineSectors * kSectorBytes;
}

bool Cache::load(Line& line, std::uint32_t number) {
    std::uint32_t first = number * kLineSectors;
    line.number = ~0u; // until it is whole
    if (!disk_.read(first, std::min(kLineSectors, sectors_ - first), line.data)) return false;
    line.number = number;
    return true;
}

std::string_view Volume::mount() {
    const std::byte* b = cache_.sector(0);
    if (!b) return "sector 0 cannot be read";
    if (get16(b + 510) != 0xaa55) return "no FAT file system: sector 0 has no boot signature";
    auto jump = static_cast<std::uint8_t>(b[0]);
    if (jump != 0xeb && jump != 0xe9)
        return "no FAT file system: sector 0 does not begin with a jump";
    if (get16(b + 11) != kSectorBytes) return "bad BPB: sectors are not 512 bytes";
    sectors_per_cluster_ = static_cast<std::uint8_t>(b[13]);
    if (!std::has_single_bit(sectors_per_cluster_))
        return "bad BPB: sectors per cluster are not a power of two";
    if (get16(b + 17) || get16(b + 22)) return "it is FAT12 or FAT16, not FAT32";
    return lay_out(b);
}

// The figures that depend on each other; they are unsigned and may be anything.
std::string_view Volume::lay_out(const std::byte* b) {
    constexpr std::uint32_t kFewestClusters = 65525; // with fewer it is no FAT32 [FAT 3.5]
    std::uint32_t reserved = get16(b + 14), tables = static_cast<std::uint8_t>(b[16]);
    if (reserved == 0) return "bad BPB: no reserved sectors";
    if (tables < 1 || tables > 4) return "bad BPB: not 1 to 4 file allocation tables";
    std::uint64_t sectors = get16(b + 19) ? get16(b + 19) : get32(b + 32);
    if (sectors > 0x7fffffff) return "the volume is larger than 1 TB";
    if (sectors > cache_.sectors()) return "the volume is larger than its disk: truncated?";
    std::uint64_t table_sectors = get32(b + 36), first = reserved + tables * table_sectors;
    if (table_sectors == 0) return "bad BPB: the file allocation table is empty";
    if (first >= sectors) return "bad BPB: no room for data behind the file allocation tables";
    data_ = static_cast<std::uint32_t>(first);
    clusters_ =
        static_cast<std::uint32_t>(sectors - first) >> std::countr_zero(sectors_per_cluster_);
    if (clusters_ < kFewestClusters) return "it is FAT12 or FAT16, not FAT32";
    if (table_sectors * (kSectorBytes / 4) < clusters_ + 2)
        return "bad BPB: the file allocation table is too short";
    std::uint32_t flags = get16(b + 40), active = flags & 0x80 ? flags & 15 : 0; // 0x80: no mirrors
    if (active >= tables) return "bad BPB: the active file allocation table does not exist";
    table_ = reserved + active * static_cast<std::uint32_t>(table_sectors);
    if (get16(b + 42)) return "a version of FAT32 that is not known here";
    root_ = get32(b + 44);
    return is_cluster(root_) ? "" : "bad BPB: the root directory lies outside the volume";
}

std::int32_t Volume::next(std::uint32_t cluster) {
    constexpr std::uint32_t kEntriesOfSector = kSectorBytes / 4;
    const std::byte* entries = cache_.sector(table_ + cluster / kEntriesOfSector);
    if (!entries) return kUnread;
    std::uint32_t next = get32(entries + cluster % kEntriesOfSector * 4) & 0x0fffffff;
    if (next >= 0x0ffffff8) return kEnd;
    return is_cluster(next) ? static_cast<std::int32_t>(next) : kBroken;
}

} // namespace singlet::native
