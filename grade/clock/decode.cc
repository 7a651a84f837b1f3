// The opcode maps as far as the model needs them: strip prefixes, look at one or two opcode bytes
// and, for groups, at the reg field of ModRM.
#include "grade/clock/decode.hh"

#include "lib/core/mark.hh"

namespace singlet::clock {
namespace {

using Bytes = std::span<const std::uint8_t>;

struct Prefixes {
    bool lock = false;
    bool repeat = false;
};

// Removes the prefixes from `bytes`.
Prefixes take_prefixes(Bytes& bytes) {
    Prefixes found;
    for (; !bytes.empty(); bytes = bytes.subspan(1)) {
        switch (bytes[0]) {
        case 0xf0:
            found.lock = true;
            break;
        case 0xf2:
        case 0xf3:
            found.repeat = true;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
        case 0x66:
        case 0x67:
            break;
        default:
            return found;
        }
    }
    return found;
}

std::uint8_t byte_at(Bytes bytes, std::size_t i) { return i < bytes.size() ? bytes[i] : 0; }
unsigned modrm_reg(std::uint8_t modrm) { return modrm >> 3 & 7; }
bool modrm_memory(std::uint8_t modrm) { return modrm >> 6 != 3; }

std::optional<std::uint16_t> mark_number(Bytes bytes) {
    if (bytes.size() != 7 || bytes[1] != 0x1f || bytes[2] != 0x80) return std::nullopt;
    const std::uint32_t imm =
        bytes[3] | bytes[4] << 8 | bytes[5] << 16 | std::uint32_t(bytes[6]) << 24;
    if ((imm & 0xffff0000) != kMarkMagic) return std::nullopt;
    return std::uint16_t(imm);
}

// `bytes` starts with 0F.
Decoded decode_two_byte(Bytes bytes) {
    const std::uint8_t opcode = byte_at(bytes, 1), modrm = byte_at(bytes, 2);
    if (const auto number = mark_number(bytes)) return {.mark = number};
    if (opcode >= 0x80 && opcode <= 0x8f) return {.kind = Class::Branch, .conditional = true};
    switch (opcode) {
    case 0x00:
        return {.kind = modrm_reg(modrm) == 2 || modrm_reg(modrm) == 3 ? Class::TaskRegister
                                                                       : Class::System};
    case 0x01:
        if (modrm_reg(modrm) == 7 && modrm_memory(modrm)) return {.kind = Class::InvalidatePage};
        if (modrm_memory(modrm) && (modrm_reg(modrm) == 2 || modrm_reg(modrm) == 3))
            return {.kind = Class::LoadTable};
        return {.kind = modrm_reg(modrm) == 6 ? Class::LoadCr0 : Class::System}; // lmsw
    case 0x22:
        if (modrm_reg(modrm) == 3) return {.kind = Class::LoadCr3};
        return {.kind = modrm_reg(modrm) == 0 || modrm_reg(modrm) == 4 ? Class::LoadCr0
                                                                       : Class::System};
    case 0x31:
    case 0x33:
        return {.kind = Class::ReadCounter};
    case 0x34:
        return {.kind = Class::SysEnter};
    case 0x35:
        return {.kind = Class::SysExit};
    case 0xa1: // pop fs, pop gs, lss, lfs, lgs
    case 0xa9:
    case 0xb2:
    case 0xb4:
    case 0xb5:
        return {.kind = Class::Segment};
    case 0xaf:
        return {.kind = Class::Multiply};
    case 0xbc:
    case 0xbd:
        return {.kind = Class::BitScan};
    case 0x06: // clts, invd, wbinvd, mov from cr/dr, mov to dr, wrmsr, rdmsr, cpuid
    case 0x08:
    case 0x09:
    case 0x20:
    case 0x21:
    case 0x23:
    case 0x30:
    case 0x32:
    case 0xa2:
        return {.kind = Class::System};
    default:
        return {};
    }
}

Decoded decode_one_byte(Bytes bytes, bool repeat) {
    const std::uint8_t opcode = byte_at(bytes, 0), modrm = byte_at(bytes, 1);
    if (opcode >= 0x70 && opcode <= 0x7f) return {.kind = Class::Branch, .conditional = true};
    switch (opcode) {
    case 0x07: // pop es, ss, ds; mov to sreg; les, lds
    case 0x17:
    case 0x1f:
    case 0x8e:
    case 0xc4:
    case 0xc5:
        return {.kind = Class::Segment};
    case 0x60:
    case 0x61:
        return {.kind = Class::PushAll};
    case 0x69:
    case 0x6b:
        return {.kind = Class::Multiply};
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f:
        return {.kind = Class::PortIo, .repeated = repeat};
    case 0x86:
    case 0x87:
        return {.kind = modrm_memory(modrm) ? Class::Locked : Class::Simple};
    case 0x9a:
    case 0xca:
    case 0xcb:
    case 0xea:
        return {.kind = Class::Far};
    case 0x9c:
    case 0xfa:
    case 0xfb:
        return {.kind = Class::Flags};
    case 0x9d:
        return {.kind = Class::PopFlags};
    case 0xa4:
    case 0xa5:
    case 0xa6:
    case 0xa7:
    case 0xaa:
    case 0xab:
    case 0xac:
    case 0xad:
    case 0xae:
    case 0xaf:
        return {.kind = repeat ? Class::RepStep : Class::String, .repeated = repeat};
    case 0xc2:
    case 0xc3:
    case 0xe8:
    case 0xe9:
    case 0xeb:
        return {.kind = Class::Branch};
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xf1:
        return {.kind = Class::Interrupt};
    case 0xcf:
        return {.kind = Class::InterruptReturn};
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3:
        return {.kind = Class::Branch, .conditional = true};
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef:
        return {.kind = Class::PortIo};
    case 0xf4:
        return {.kind = Class::System};
    case 0xf6:
    case 0xf7:
        if (modrm_reg(modrm) >= 6) return {.kind = Class::Divide};
        return {.kind = modrm_reg(modrm) >= 4 ? Class::Multiply : Class::Simple};
    case 0xff:
        if (modrm_reg(modrm) == 2 || modrm_reg(modrm) == 4) return {.kind = Class::Branch};
        return {.kind =
                    modrm_reg(modrm) == 3 || modrm_reg(modrm) == 5 ? Class::Far : Class::Simple};
    default:
        return {};
    }
}

} // namespace

Decoded decode(Bytes bytes) {
    const Prefixes prefixes = take_prefixes(bytes);
    Decoded found = byte_at(bytes, 0) == 0x0f ? decode_two_byte(bytes)
                                              : decode_one_byte(bytes, prefixes.repeat);
    if (prefixes.lock) found.kind = Class::Locked;
    return found;
}

} // namespace singlet::clock
