#include "kern/native/elf.hh"

#include "lib/core/try.hh"
#include <cstring>

namespace singlet::kern {

namespace {

// ELF 1.2, figure 1-3: the file's header.
struct Header {
    std::uint8_t identification[16];
    std::uint16_t type, machine;
    std::uint32_t version, entry, program_headers, section_headers, flags;
    std::uint16_t header_bytes, program_header_bytes, program_header_count;
    std::uint16_t section_header_bytes, section_header_count, section_names;
};
static_assert(sizeof(Header) == 52);

// ELF 1.2, figure 2-1.
struct ProgramHeader {
    std::uint32_t type, offset, address, physical, file_bytes, memory_bytes, flags, alignment;
};
static_assert(sizeof(ProgramHeader) == 32);

constexpr std::uint8_t kMagic[] = {0x7f, 'E', 'L', 'F',
                                   1,    1,   1}; // 32 bits, little-endian, version 1
constexpr std::uint16_t kExecutable = 2, k386 = 3;
constexpr std::uint32_t kLoad = 1, kDynamic = 2, kInterpreter = 3;
constexpr std::uint32_t kExecute = 1, kWrite = 2;
constexpr std::uint32_t kPageMask = 0xfffff000;

using Sentence = std::unexpected<std::string_view>;

bool holds(std::span<const std::uint8_t> file, std::uint32_t offset, std::uint32_t bytes) {
    return offset <= file.size() && bytes <= file.size() - offset;
}

std::expected<Header, std::string_view> read_header(std::span<const std::uint8_t> file) {
    Header header;
    if (file.size() < sizeof header) return Sentence("it is shorter than an ELF header");
    std::memcpy(&header, file.data(), sizeof header);
    if (std::memcmp(header.identification, kMagic, sizeof kMagic) != 0)
        return Sentence("it is no little-endian ELF file of 32 bits");
    if (header.machine != k386) return Sentence("it is for another processor than the i386");
    if (header.type != kExecutable) return Sentence("it is not linked to an executable");
    if (header.program_header_bytes != sizeof(ProgramHeader))
        return Sentence("its program headers have another size than ELF32's");
    if (!holds(file, header.program_headers, header.program_header_count * sizeof(ProgramHeader)))
        return Sentence("its program headers lie outside of the file");
    return header;
}

// One segment in [begin, end), whose contents are in the file.
std::expected<ElfSegment, std::string_view> read_segment(std::span<const std::uint8_t> file,
                                                         const ProgramHeader& load,
                                                         std::uint32_t begin, std::uint32_t end) {
    if (!holds(file, load.offset, load.file_bytes))
        return Sentence("a segment's contents lie outside of the file");
    if (load.file_bytes > load.memory_bytes)
        return Sentence("a segment has more bytes in the file than in memory");
    if (load.address < begin || load.address > end || load.memory_bytes > end - load.address)
        return Sentence("a segment lies outside of a process's addresses");
    return ElfSegment{load.address, load.memory_bytes, file.subspan(load.offset, load.file_bytes),
                      (load.flags & kWrite) != 0};
}

} // namespace

std::expected<ElfProgram, std::string_view> read_elf(std::span<const std::uint8_t> file,
                                                     std::uint32_t begin, std::uint32_t end) {
    Header header = TRY(read_header(file));
    ElfProgram program{.entry = header.entry};
    bool entry_is_code = false;
    std::uint32_t free = begin; // the first page that no segment has
    for (std::uint32_t i = 0; i < header.program_header_count; i++) {
        ProgramHeader load;
        std::memcpy(&load, file.data() + header.program_headers + i * sizeof load, sizeof load);
        if (load.type == kDynamic || load.type == kInterpreter)
            return Sentence("it is linked dynamically");
        if (load.type != kLoad || load.memory_bytes == 0) continue;
        if (program.count == ElfProgram::kMostSegments) return Sentence("it has too many segments");
        ElfSegment segment = TRY(read_segment(file, load, begin, end));
        if ((segment.address & kPageMask) < free)
            return Sentence("two segments share a page or stand in falling order");
        free = ((segment.address + segment.bytes - 1) & kPageMask) + ~kPageMask + 1;
        program.table[program.count++] = segment;
        entry_is_code |= (load.flags & kExecute) && header.entry >= segment.address &&
                         header.entry - segment.address < segment.bytes;
    }
    if (!program.count) return Sentence("it has nothing to load");
    if (!entry_is_code) return Sentence("its entry lies outside of its code");
    return program;
}

} // namespace singlet::kern
