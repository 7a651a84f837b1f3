#include "verifier/x86/assembler.hh"

#include <algorithm>
#include <cstring>

#include "lib/core/assert.hh"

namespace singlet::verifier::x86 {

namespace {

unsigned number(Reg r) { return static_cast<unsigned>(r); }
bool fits8(std::int32_t v) { return v >= -128 && v <= 127; }

} // namespace

void Assembler::clear(std::size_t instructions) {
    labels_.clear(), jumps_.clear(), fields_.clear();
    size_ = base_ = 0;
    if (code_.size() < 16 * instructions) code_.resize(16 * instructions);
    fields_.reserve(instructions / 2 + 16);
    jumps_.reserve(instructions / 2 + 16);
    labels_.reserve(instructions / 2 + 16);
}

Label Assembler::label() {
    labels_.push_back({kUnbound, 0});
    return static_cast<Label>(labels_.size() - 1);
}

void Assembler::word(std::uint32_t w) {
    if (code_.size() - size_ < sizeof w) grow();
    std::memcpy(&code_[size_], &w, sizeof w); // this processor's order of bytes is the target's
    size_ += sizeof w;
}

// A 32-bit displacement, constant or call target, with its relocation if it has one.
void Assembler::field(std::int32_t value, Symbol symbol, bool relative) {
    if (symbol.present)
        fields_.push_back({.offset = here(),
                           .where = Relocation::Where::Code,
                           .what = symbol.what,
                           .relative = relative,
                           .value = symbol.value});
    word(static_cast<std::uint32_t>(value));
}

// SDM2 2.1.5: mod (2 bits), reg (3), r/m (3); r/m = 4 with memory means a SIB byte follows.
void Assembler::modrm(unsigned reg, const Operand& rm) {
    if (rm.is_register()) return byte(0xc0 | reg << 3 | number(rm.reg));
    ASSERT(rm.is_memory());
    if (rm.base == Operand::kNoReg) {
        if (rm.index == Operand::kNoReg) {
            byte(reg << 3 | 5);
        } else {
            byte(reg << 3 | 4);
            byte(rm.scale << 6 | rm.index << 3 | 5);
        }
        return field(rm.disp, rm.symbol);
    }
    bool is_wide = rm.symbol.present || !fits8(rm.disp);
    bool has_disp = is_wide || rm.disp != 0 || rm.base == number(Reg::EBP);
    unsigned mod = is_wide ? 2 : has_disp ? 1 : 0;
    if (rm.index == Operand::kNoReg && rm.base != number(Reg::ESP)) {
        byte(mod << 6 | reg << 3 | rm.base);
    } else {
        unsigned index = rm.index == Operand::kNoReg ? 4 : rm.index;
        byte(mod << 6 | reg << 3 | 4);
        byte(rm.scale << 6 | index << 3 | rm.base);
    }
    if (mod == 2) field(rm.disp, rm.symbol);
    if (mod == 1) byte(static_cast<std::uint8_t>(rm.disp));
}

void Assembler::mov(const Operand& to, const Operand& from) {
    if (to == from) return;
    if (from.is_constant()) {
        if (to.is_register()) {
            if (from.is_number() && from.disp == 0) {
                // Not XOR: the flags must survive a move.
            }
            byte(0xb8 + number(to.reg));
        } else {
            op_rm(0xc7, 0, to);
        }
        return field(from.disp, from.symbol);
    }
    if (from.is_register()) return op_rm(0x89, number(from.reg), to);
    ASSERT(to.is_register());
    op_rm(0x8b, number(to.reg), from);
}

void Assembler::alu(Op op, const Operand& to, const Operand& from) {
    auto n = static_cast<unsigned>(op);
    if (from.is_constant()) {
        if (from.is_number() && fits8(from.disp)) {
            if (to.is_register() && (op == Op::Add || op == Op::Sub) &&
                (from.disp == 1 || from.disp == -1))
                return byte(((op == Op::Add) == (from.disp == 1) ? 0x40 : 0x48) + number(to.reg));
            op_rm(0x83, n, to);
            return byte(static_cast<std::uint8_t>(from.disp));
        }
        if (to.is(Reg::EAX))
            byte(n << 3 | 5);
        else
            op_rm(0x81, n, to);
        return field(from.disp, from.symbol);
    }
    if (from.is_register()) return op_rm(n << 3 | 1, number(from.reg), to);
    ASSERT(to.is_register());
    op_rm(n << 3 | 3, number(to.reg), from);
}

void Assembler::test(Reg a, const Operand& b) {
    if (!b.is_constant()) return op_rm(0x85, number(a), b);
    op_rm(0xf7, 0, a);
    field(b.disp, b.symbol);
}

void Assembler::lea(Reg to, const Operand& memory) { op_rm(0x8d, number(to), memory); }

void Assembler::load_zero_extended(Reg to, const Operand& memory, unsigned bytes) {
    byte(0x0f);
    op_rm(bytes == 1 ? 0xb6 : 0xb7, number(to), memory);
}

void Assembler::store(Operand memory, Operand from, unsigned bytes) {
    if (bytes == 2) byte(0x66);
    if (from.is_constant()) {
        op_rm(bytes == 1 ? 0xc6 : 0xc7, 0, memory);
        byte(static_cast<std::uint8_t>(from.disp));
        if (bytes == 2) byte(static_cast<std::uint8_t>(from.disp >> 8));
        return;
    }
    ASSERT(bytes == 2 || (bit(from.reg) & kByteRegs) != 0);
    op_rm(bytes == 1 ? 0x88 : 0x89, number(from.reg), memory);
}

void Assembler::movzx_byte(Reg to, Reg low_byte_of) {
    byte(0x0f);
    op_rm(0xb6, number(to), low_byte_of);
}

void Assembler::set(Cc cc, Reg low_byte_of) {
    ASSERT((bit(low_byte_of) & kByteRegs) != 0);
    byte(0x0f);
    op_rm(0x90 + static_cast<unsigned>(cc), 0, low_byte_of);
}

void Assembler::shift(Shift op, Operand what, unsigned amount) {
    if (amount == 0) return;
    op_rm(amount == 1 ? 0xd1 : 0xc1, static_cast<unsigned>(op), what);
    if (amount != 1) byte(amount);
}

void Assembler::shift_cl(Shift op, Operand what) { op_rm(0xd3, static_cast<unsigned>(op), what); }

void Assembler::shld_cl(Reg to, Reg from) { byte(0x0f), op_rm(0xa5, number(from), to); }
void Assembler::shrd_cl(Reg to, Reg from) { byte(0x0f), op_rm(0xad, number(from), to); }
void Assembler::shld(Reg to, Reg from, unsigned amount) {
    byte(0x0f), op_rm(0xa4, number(from), to), byte(amount);
}
void Assembler::shrd(Reg to, Reg from, unsigned amount) {
    byte(0x0f), op_rm(0xac, number(from), to), byte(amount);
}

void Assembler::imul(Reg to, Operand by) { byte(0x0f), op_rm(0xaf, number(to), by); }

void Assembler::imul(Reg to, Operand from, std::int32_t by) {
    op_rm(fits8(by) ? 0x6b : 0x69, number(to), from);
    if (fits8(by))
        byte(static_cast<std::uint8_t>(by));
    else
        word(static_cast<std::uint32_t>(by));
}

void Assembler::mul(Operand by) { op_rm(0xf7, 4, by); }
void Assembler::div(Operand by) { op_rm(0xf7, 6, by); }
void Assembler::idiv(Operand by) { op_rm(0xf7, 7, by); }
void Assembler::neg(Operand what) { op_rm(0xf7, 3, what); }
void Assembler::not_(Operand what) { op_rm(0xf7, 2, what); }
void Assembler::xchg(Reg a, Reg b) { op_rm(0x87, number(a), b); }

void Assembler::push(Operand what) {
    if (what.is_register()) return byte(0x50 + number(what.reg));
    if (what.is_memory()) return op_rm(0xff, 6, what);
    if (what.is_number() && fits8(what.disp)) {
        byte(0x6a);
        return byte(static_cast<std::uint8_t>(what.disp));
    }
    byte(0x68);
    field(what.disp, what.symbol);
}

void Assembler::pop(Operand what) {
    if (what.is_register()) return byte(0x58 + number(what.reg));
    op_rm(0x8f, 0, what);
}

void Assembler::in(unsigned width) {
    if (width == 2) byte(0x66);
    byte(width == 1 ? 0xec : 0xed);
}

void Assembler::out(unsigned width) {
    if (width == 2) byte(0x66);
    byte(width == 1 ? 0xee : 0xef);
}

void Assembler::jmp(Label to) {
    jumps_.push_back({here(), to, 16});
    byte(0xe9);
    word(0);
}

void Assembler::jcc(Cc cc, Label to) {
    jumps_.push_back({here(), to, static_cast<std::uint8_t>(cc)});
    byte(0x0f);
    byte(0x80 + static_cast<unsigned>(cc));
    word(0);
}

void Assembler::jmp(Operand to) { op_rm(0xff, 4, to); }
void Assembler::call(Operand to) { op_rm(0xff, 2, to); }

void Assembler::call(Symbol target) {
    byte(0xe8);
    field(0, target, true);
}

// gained_[i] = bytes that the jumps before jump i have saved; the last entry counts all.
std::uint32_t Assembler::moved(std::uint32_t offset) const {
    auto at = std::partition_point(jumps_.begin(), jumps_.end(),
                                   [&](const Jump& j) { return j.at < offset; });
    return base_ + offset - gained_[static_cast<std::size_t>(at - jumps_.begin())];
}

// Shortening a jump only ever brings others nearer to their targets. A few rounds find nearly all that can be short; a program
// could be made to need one for each jump.
void Assembler::shorten() {
    constexpr int kRounds = 16;
    gained_.assign(jumps_.size() + 1, 0);
    bool changed = true;
    for (int round = 0; changed && round < kRounds; ++round) {
        changed = false;
        for (std::size_t i = 0; i < jumps_.size(); ++i) {
            auto& jump = jumps_[i];
            if (jump.is_short) continue;
            auto end = jump.at - gained_[i] + jump.long_size();
            auto distance = static_cast<std::int32_t>(address(jump.to) - end);
            // A forward distance shrinks with the jump's own size, a backward one grows.
            if (distance >= -120 && distance <= 127) jump.is_short = changed = true;
        }
        for (std::size_t i = 0; i < jumps_.size(); ++i)
            gained_[i + 1] = gained_[i] + jumps_[i].saved();
    }
}

void Assembler::finish(std::vector<std::uint8_t>& code, std::vector<Relocation>& relocations) {
    shorten();
    base_ = static_cast<std::uint32_t>(code.size());
    std::uint32_t from = 0;
    auto copy_to = [&](std::uint32_t to) {
        code.insert(code.end(), code_.begin() + from, code_.begin() + to);
        from = to;
    };
    for (const auto& jump : jumps_) {
        copy_to(jump.at);
        auto size = jump.is_short ? 2 : jump.long_size();
        auto end = static_cast<std::uint32_t>(code.size()) + size;
        auto distance = address(jump.to) - end;
        if (jump.is_short) {
            code.push_back(static_cast<std::uint8_t>(jump.cc == 16 ? 0xeb : 0x70 + jump.cc));
            code.push_back(static_cast<std::uint8_t>(distance));
        } else {
            if (jump.cc != 16) code.push_back(0x0f);
            code.push_back(static_cast<std::uint8_t>(jump.cc == 16 ? 0xe9 : 0x80 + jump.cc));
            for (int i = 0; i < 4; ++i)
                code.push_back(static_cast<std::uint8_t>(distance >> (8 * i)));
        }
        from = jump.at + jump.long_size();
    }
    copy_to(here());
    std::size_t before = 0; // jumps before the field
    for (auto field : fields_) {
        while (before < jumps_.size() && jumps_[before].at < field.offset)
            ++before;
        field.offset = base_ + field.offset - gained_[before];
        relocations.push_back(field);
    }
}

} // namespace singlet::verifier::x86
