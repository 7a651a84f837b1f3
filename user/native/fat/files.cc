#include "user/native/fat/files.hh"

#include <algorithm>
#include <bit>

namespace singlet::native {

Files::Files(const Disk& disk, Volume& volume) : disk_(disk), volume_(volume), entries_(volume) {
    for (std::uint32_t i = 0; i < kMostOpen; i++)
        files_[i].number = i;
}

std::int32_t Files::open(std::string_view path, Opened& opened) {
    if (!path.starts_with('/')) return kBadPath;
    bool directory = true;
    std::uint32_t first = volume_.root(), size = 0;
    while (!path.empty()) {
        std::string_view component = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), component.size() + 1));
        if (component.empty()) continue;
        std::int32_t error = directory ? look(first, component) : kNotFound;
        if (error) return error;
        directory = entries_.directory;
        first = entries_.first;
        size = entries_.size;
    }
    if (std::int32_t error = check_extent(directory, first, size)) return error;
    File& file = take();
    file.directory = directory;
    file.first = file.cluster = first;
    file.size = size;
    file.index = 0;
    opened = {.size = size, .is_directory = directory};
    return static_cast<std::int32_t>(file.number);
}

// Finds the component in a directory; `entries_` stands there then.
std::int32_t Files::look(std::uint32_t directory, std::string_view component) {
    if (!volume_.is_cluster(directory)) return kCorrupt;
    if (!name_.from_utf8(component)) return kBadPath;
    entries_.start(directory);
    while (entries_.next()) {
        if (entries_.matches(name_)) return 0;
    }
    return entries_.error() ? entries_.error() : kNotFound;
}

// What an entry says of the place of its content has to be possible on this volume.
std::int32_t Files::check_extent(bool directory, std::uint32_t first, std::uint32_t size) const {
    if (!directory && size == 0) return 0;
    bool possible =
        volume_.is_cluster(first) &&
        (directory || size <= std::uint64_t(volume_.clusters()) * volume_.cluster_bytes());
    return possible ? 0 : kCorrupt;
}

// A slot, with a new number; when all are taken, the one that was used least recently gives way.
Files::File& Files::take() {
    File& file = *std::ranges::min_element(files_, {}, &File::used);
    file.used = ++clock_;
    file.number = (file.number + kMostOpen) & 0x7fffffff;
    return file;
}

void Files::close(std::uint32_t number) {
    File& file = files_[number % kMostOpen];
    if (file.number == number) file.used = 0;
}

std::int32_t Files::read(std::uint32_t number, std::uint32_t offset, Room to) {
    File& file = files_[number % kMostOpen];
    if (file.number != number || file.used == 0) return kBadFile;
    file.used = ++clock_;
    if (file.directory) return kNotAFile;
    if (offset > file.size || offset % kSectorBytes) return kBadOffset;
    std::uint32_t left = file.size - offset;
    auto room = static_cast<std::uint32_t>(to.size() / kSectorBytes);
    std::uint32_t sectors = std::min((left + kSectorBytes - 1) / kSectorBytes, room);
    if (sectors == 0) return 0;
    if (std::int32_t error = read_sectors(file, offset, sectors, to.data())) return error;
    return static_cast<std::int32_t>(std::min(left, sectors * kSectorBytes));
}

// One request to the disk for each run of clusters that lie side by side.
std::int32_t Files::read_sectors(File& file, std::uint32_t offset, std::uint32_t sectors,
                                 std::byte* to) {
    std::uint32_t sector = offset / kSectorBytes, end = offset + sectors * kSectorBytes;
    std::uint32_t within = sector & (volume_.sectors_per_cluster() - 1);
    std::int32_t error = seek(file, sector >> std::countr_zero(volume_.sectors_per_cluster()));
    for (std::uint32_t done = 0; !error && done < sectors;) {
        std::uint32_t lba = volume_.sector_of(file.cluster) + within;
        std::uint32_t together = run(file, within, sectors - done);
        if (!disk_.read(lba, together, to + done * kSectorBytes)) return kDiskFailed;
        done += together;
        within = 0;
        if (done < sectors) error = step(file);
    }
    // Where the file ends its chain has to end: one that runs in a circle never does.
    if (!error && end >= file.size) {
        std::int32_t next = volume_.next(file.cluster);
        if (next != Volume::kEnd) error = next == Volume::kUnread ? kDiskFailed : kCorrupt;
    }
    return error;
}

// To the file's cluster `index`: from where the last read ended, or from the beginning.
std::int32_t Files::seek(File& file, std::uint32_t index) {
    if (index < file.index) {
        file.index = 0;
        file.cluster = file.first;
    }
    std::int32_t error = 0;
    while (!error && file.index < index)
        error = step(file);
    return error;
}

// To the next cluster. A chain that ends before its file does is broken.
std::int32_t Files::step(File& file) {
    std::int32_t next = volume_.next(file.cluster);
    if (next <= 0) return next == Volume::kUnread ? kDiskFailed : kCorrupt;
    file.cluster = static_cast<std::uint32_t>(next);
    file.index++;
    return 0;
}

// How many of the `wanted` sectors lie side by side from here on. The file is then at the last of
// their clusters.
std::uint32_t Files::run(File& file, std::uint32_t within, std::uint32_t wanted) {
    std::uint32_t run = volume_.sectors_per_cluster() - within;
    while (run < wanted && volume_.next(file.cluster) == static_cast<int>(file.cluster + 1)) {
        file.cluster++;
        file.index++;
        run += volume_.sectors_per_cluster();
    }
    return std::min(run, wanted);
}

} // namespace singlet::native
