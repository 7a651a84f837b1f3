// Open files: by a number that carries the slot and how often the slot was used, so that one that is made
// up or out of date is noticed. The twin of user/fat/files.sing, as far as reading goes.
#pragma once
#include "user/native/fat/entries.hh"

namespace singlet::native {

class Files {
public:
    Files(const Disk& disk, Volume& volume);

    /// The number of the file, or a FileError.
    std::int32_t open(std::string_view path, Opened& opened);
    /// Bytes of the file to `to`: how many, or a FileError.
    std::int32_t read(std::uint32_t number, std::uint32_t offset, Room to);
    void close(std::uint32_t number);

private:
    static constexpr std::uint32_t kMostOpen = 64;
    struct File {
        std::uint32_t number = 0;
        std::uint32_t used = 0; // when last; 0: the slot is free
        bool directory = false;
        std::uint32_t first = 0, size = 0;
        std::uint32_t index = 0, cluster = 0; // where the last read ended
    };

    std::int32_t look(std::uint32_t directory, std::string_view component);
    std::int32_t check_extent(bool directory, std::uint32_t first, std::uint32_t size) const;
    File& take();
    std::int32_t step(File& file);
    std::int32_t seek(File& file, std::uint32_t index);
    std::uint32_t run(File& file, std::uint32_t within, std::uint32_t wanted);
    std::int32_t read_sectors(File& file, std::uint32_t offset, std::uint32_t sectors,
                              std::byte* to);

    const Disk& disk_;
    Volume& volume_;
    Entries entries_;
    Name name_; // the component of a path that is looked for
    File files_[kMostOpen];
    std::uint32_t clock_ = 0;
};

} // namespace singlet::native
