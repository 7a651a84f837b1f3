// Reads a statically linked ELF32 program for the i386 [ELF 1.2]. The file is a stranger's: every
// figure in it is checked against the others, and nothing is changed or mapped here.
#pragma once
#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace singlet::kern {

struct ElfSegment {
    std::uint32_t address = 0, bytes = 0;   // in memory; what the file does not hold is zero
    std::span<const std::uint8_t> contents; // in the file
    bool writable = false;
};

struct ElfProgram {
    static constexpr std::uint32_t kMostSegments = 8;

    std::uint32_t entry = 0;
    std::array<ElfSegment, kMostSegments> table{};
    std::uint32_t count = 0;

    std::span<const ElfSegment> segments() const { return {table.data(), count}; }
};

/// The program in `file`, whose segments lie in [begin, end), rise, and share no page. Error: a
/// sentence that says why it is none.
std::expected<ElfProgram, std::string_view> read_elf(std::span<const std::uint8_t> file,
                                                     std::uint32_t begin, std::uint32_t end);

} // namespace singlet::kern
