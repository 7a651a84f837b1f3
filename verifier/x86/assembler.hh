// Writes IA-32 instructions: the few forms that the compiler uses, each named as in the manual.
// Jumps go to labels; they are written long and shortened when the function is finished, which moves
// everything behind them: whoever keeps an offset asks `moved` where it went. [SDM2]
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "verifier/compile.hh"

namespace singlet::verifier::x86 {

enum class Reg : std::uint8_t { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI };
using RegMask = std::uint8_t;
constexpr RegMask bit(Reg r) { return static_cast<RegMask>(1u << static_cast<unsigned>(r)); }
inline constexpr RegMask kByteRegs = 0x0f;    // EAX ECX EDX EBX have a low byte
inline constexpr RegMask kCallerSaved = 0x07; // EAX ECX EDX

// The condition codes in the manual's order: inverting one flips the lowest bit.
enum class Cc : std::uint8_t { O, NO, B, AE, E, NE, BE, A, S, NS, P, NP, L, GE, LE, G };
constexpr Cc invert(Cc c) { return static_cast<Cc>(static_cast<unsigned>(c) ^ 1); }

// The eight operations with one encoding scheme, numbered as in their opcodes; the shifts likewise.
enum class Op : std::uint8_t { Add, Or, Adc, Sbb, And, Sub, Xor, Cmp };
enum class Shift : std::uint8_t { Rol = 0, Ror = 1, Shl = 4, Shr = 5, Sar = 7 };

// An address that link() fills in, added to the field's own value.
struct Symbol {
    bool present = false;
    Relocation::What what = Relocation::What::Code;
    std::uint32_t value = 0;
    friend bool operator==(const Symbol&, const Symbol&) = default;
};

// What an instruction works on: a register, memory at [base + index * scale + disp], or a constant.
struct Operand {
    enum class Kind : std::uint8_t { None, Register, Memory, Constant };
    static constexpr std::uint8_t kNoReg = 0xff;

    Kind kind = Kind::None;
    Reg reg = Reg::EAX;
    std::uint8_t base = kNoReg, index = kNoReg, scale = 0; // scale: 0..3 for 1, 2, 4, 8
    std::int32_t disp = 0;                                 // or the constant
    Symbol symbol;

    Operand() = default;
    Operand(Reg r) : kind(Kind::Register), reg(r) {}
    static Operand constant(std::int32_t value, Symbol symbol = {}) {
        Operand o;
        o.kind = Kind::Constant, o.disp = value, o.symbol = symbol;
        return o;
    }
    static Operand memory(Reg base, std::int32_t disp) {
        Operand o;
        o.kind = Kind::Memory, o.base = static_cast<std::uint8_t>(base), o.disp = disp;
        return o;
    }
    static Operand memory(Reg base, Reg index, unsigned scale, std::int32_t disp) {
        Operand o = memory(base, disp);
        o.index = static_cast<std::uint8_t>(index), o.scale = static_cast<std::uint8_t>(scale);
        return o;
    }
    static Operand absolute(Symbol symbol, std::int32_t disp = 0) {
        Operand o;
        o.kind = Kind::Memory, o.disp = disp, o.symbol = symbol;
        return o;
    }
    bool is_register() const { return kind == Kind::Register; }
    bool is(Reg r) const { return is_register() && reg == r; }
    bool is_memory() const { return kind == Kind::Memory; }
    bool is_constant() const { return kind == Kind::Constant; }
    bool is_number() const { return is_constant() && !symbol.present; } // known now
    RegMask address_registers() const {
        auto one = [](std::uint8_t r) { return static_cast<RegMask>(r == kNoReg ? 0 : 1u << r); };
        return is_memory() ? static_cast<RegMask>(one(base) | one(index)) : RegMask{0};
    }
    Operand plus(std::int32_t more) const {
        Operand o = *this;
        o.disp += more;
        return o;
    }
    friend bool operator==(const Operand&, const Operand&) = default;
};

using Label = std::uint32_t;

class Assembler {
public:
    // Begins anew, with room for what so many instructions of bytecode become as a rule.
    void clear(std::size_t instructions);
    std::uint32_t here() const { return static_cast<std::uint32_t>(size_); }
    Label label();
    void bind(Label label) { labels_[label] = {here(), static_cast<std::uint32_t>(jumps_.size())}; }
    bool bound(Label label) const { return labels_[label].offset != kUnbound; }

    void mov(const Operand& to,
             const Operand& from); // at most one in memory; memory <- constant is allowed
    void alu(Op op, const Operand& to, const Operand& from);
    void test(Reg a, const Operand& b);
    void lea(Reg to, const Operand& memory);
    void load_zero_extended(Reg to, const Operand& memory, unsigned bytes); // 1 or 2
    void store(Operand memory, Operand from, unsigned bytes);               // 1 or 2
    void movzx_byte(Reg to, Reg low_byte_of);
    void set(Cc cc, Reg low_byte_of);
    void shift(Shift op, Operand what, unsigned amount);
    void shift_cl(Shift op, Operand what);
    void shld_cl(Reg to, Reg from);
    void shrd_cl(Reg to, Reg from);
    void shld(Reg to, Reg from, unsigned amount);
    void shrd(Reg to, Reg from, unsigned amount);
    void imul(Reg to, Operand by);
    void imul(Reg to, Operand from, std::int32_t by);
    void mul(Operand by); // EDX:EAX <- EAX * by
    void div(Operand by); // unsigned EDX:EAX / by
    void idiv(Operand by);
    void neg(Operand what);
    void not_(Operand what);
    void cdq() { byte(0x99); }
    void xchg(Reg a, Reg b);
    void push(Operand what);
    void pop(Operand what);
    void in(unsigned width);  // (E)A(X/L) <- port DX
    void out(unsigned width); // port DX <- (E)A(X/L)
    void ret() { byte(0xc3); }

    void jmp(Label to);
    void jcc(Cc cc, Label to);
    void jmp(Operand to);
    void call(Symbol target);
    void call(Operand to);

    // Shortens the jumps, then appends code and relocations to those of the image.
    void finish(std::vector<std::uint8_t>& code, std::vector<Relocation>& relocations);
    // Where an offset given by here() lies in the image; after finish().
    std::uint32_t moved(std::uint32_t offset) const;
    std::uint32_t address(Label label) const {
        return base_ + labels_[label].offset - gained_[labels_[label].jumps];
    }

private:
    static constexpr std::uint32_t kUnbound = 0xffffffff;
    struct Target {
        std::uint32_t offset;
        std::uint32_t jumps; // how many stand before it
    };
    struct Jump {
        std::uint32_t at; // offset of its opcode
        Label to;
        std::uint8_t cc; // 16: unconditional
        bool is_short = false;
        std::uint32_t long_size() const { return cc == 16 ? 5 : 6; }
        std::uint32_t saved() const { return is_short ? long_size() - 2 : 0; }
    };

    void byte(unsigned b) {
        if (size_ == code_.size()) grow();
        code_[size_++] = static_cast<std::uint8_t>(b);
    }
    void grow() { code_.resize(std::max<std::size_t>(256, 2 * code_.size())); }
    void word(std::uint32_t w);
    void field(std::int32_t value, Symbol symbol, bool relative = false);
    void modrm(unsigned reg, const Operand& rm);
    void op_rm(unsigned opcode, unsigned reg, const Operand& rm) { byte(opcode), modrm(reg, rm); }
    void shorten();

    std::vector<std::uint8_t> code_; // room for it: `size_` bytes are written
    std::size_t size_ = 0;
    std::vector<Target> labels_;
    std::vector<Jump> jumps_;           // ascending
    std::vector<Relocation> fields_;    // ascending
    std::vector<std::uint32_t> gained_; // bytes saved by jumps before each, after shorten()
    std::uint32_t base_ = 0;
};

} // namespace singlet::verifier::x86
