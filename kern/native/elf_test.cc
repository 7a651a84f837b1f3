// The ELF reader on a small good program, and on that with one figure spoilt at a time.
#include "kern/native/elf.hh"

#include <cstring>
#include <doctest/doctest.h>
#include <vector>

namespace singlet::kern {

namespace {

constexpr std::uint32_t kBegin = 0x40000000, kEnd = 0x7fff0000;
// Offsets of ELF 1.2: in the header, and in a program header.
constexpr std::uint32_t kType = 16, kMachine = 18, kEntry = 24, kHeaders = 28, kHeaderBytes = 42,
                        kHeaderCount = 44;
constexpr std::uint32_t kFirst = 52, kSecond = 84;
constexpr std::uint32_t kSegmentType = 0, kOffset = 4, kAddress = 8, kFileBytes = 16,
                        kMemoryBytes = 20, kFlags = 24;

struct File {
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(256);

    File& put(std::uint32_t at, std::uint32_t value, std::uint32_t size = 4) {
        std::memcpy(bytes.data() + at, &value, size);
        return *this;
    }
    File& segment(std::uint32_t at, std::uint32_t address, std::uint32_t offset,
                  std::uint32_t in_file, std::uint32_t in_memory, std::uint32_t flags) {
        put(at + kSegmentType, 1).put(at + kOffset, offset).put(at + kAddress, address);
        return put(at + kFileBytes, in_file)
            .put(at + kMemoryBytes, in_memory)
            .put(at + kFlags, flags);
    }
    auto read() const { return read_elf(bytes, kBegin, kEnd); }
};

// Code of 64 bytes, and data of 16 with as many zeros behind.
File good() {
    File file;
    std::memcpy(file.bytes.data(),
                "\x7f"
                "ELF\1\1\1",
                7);
    file.put(kType, 2, 2).put(kMachine, 3, 2).put(kEntry, kBegin + 16).put(kHeaders, 52);
    file.put(kHeaderBytes, 32, 2).put(kHeaderCount, 2, 2);
    file.segment(kFirst, kBegin, 128, 64, 64, 5);
    return file.segment(kSecond, kBegin + 0x1000, 192, 16, 32, 6);
}

} // namespace

TEST_CASE("ELF: a good program") {
    File file = good();
    auto program = file.read();
    REQUIRE(program);
    CHECK(program->entry == kBegin + 16);
    REQUIRE(program->count == 2);
    CHECK(program->table[0].address == kBegin);
    CHECK_FALSE(program->table[0].writable);
    CHECK(program->table[0].contents.data() == file.bytes.data() + 128);
    CHECK(program->table[1].bytes == 32);
    CHECK(program->table[1].contents.size() == 16);
    CHECK(program->table[1].writable);
}

TEST_CASE("ELF: what is refused, and why") {
    struct Spoilt {
        std::uint32_t at, value, size;
        std::string_view sentence;
    };
    for (auto [at, value, size, sentence] : std::initializer_list<Spoilt>{
             {0, 0x7e, 1, "it is no little-endian ELF file of 32 bits"},
             {4, 2, 1, "it is no little-endian ELF file of 32 bits"},
             {5, 2, 1, "it is no little-endian ELF file of 32 bits"},
             {kMachine, 62, 2, "it is for another processor than the i386"},
             {kType, 3, 2, "it is not linked to an executable"},
             {kHeaderBytes, 56, 2, "its program headers have another size than ELF32's"},
             {kHeaders, 0xfffffff0, 4, "its program headers lie outside of the file"},
             {kHeaderCount, 9, 2, "its program headers lie outside of the file"},
             {kHeaderCount, 0, 2, "it has nothing to load"},
             {kFirst + kOffset, 250, 4, "a segment's contents lie outside of the file"},
             {kFirst + kOffset, 0xffffffff, 4, "a segment's contents lie outside of the file"},
             {kFirst + kFileBytes, 65, 4, "a segment has more bytes in the file than in memory"},
             {kFirst + kAddress, 0x100000, 4, "a segment lies outside of a process's addresses"},
             {kFirst + kAddress, kEnd, 4, "a segment lies outside of a process's addresses"},
             {kSecond + kMemoryBytes, 0xf0000000, 4,
              "a segment lies outside of a process's addresses"},
             {kSecond + kAddress, kBegin + 64, 4,
              "two segments share a page or stand in falling order"},
             {kSecond + kAddress, kBegin, 4, "two segments share a page or stand in falling order"},
             {kSecond + kSegmentType, 3, 4, "it is linked dynamically"},
             {kSecond + kSegmentType, 2, 4, "it is linked dynamically"},
             {kEntry, kBegin + 64, 4, "its entry lies outside of its code"},
             {kEntry, kBegin + 0x1000, 4, "its entry lies outside of its code"},
             {kEntry, 0x100000, 4, "its entry lies outside of its code"},
         }) {
        CAPTURE(at);
        auto program = good().put(at, value, size).read();
        REQUIRE_FALSE(program);
        CHECK(program.error() == sentence);
    }
}

TEST_CASE("ELF: too many segments") {
    File file = good();
    file.bytes.resize(1024);
    file.put(kHeaders, 512).put(kHeaderCount, 9, 2);
    for (std::uint32_t i = 0; i < 9; i++)
        file.segment(512 + 32 * i, kBegin + 0x1000 * i, 128, 64, 64, 5);
    CHECK(file.read().error() == "it has too many segments");
    file.put(kHeaderCount, 8, 2);
    CHECK(file.read()->count == 8);
}

TEST_CASE("ELF: a file cut off anywhere is refused or whole") {
    File whole = good();
    for (std::size_t size = 0; size < 192 + 16; size++) {
        File file = good();
        file.bytes.resize(size);
        CHECK_FALSE(file.read());
    }
    whole.bytes.resize(192 + 16);
    CHECK(whole.read());
}

} // namespace singlet::kern
