// Gives each web its place. Webs are taken in order of what a register would save them for each step
// of their life, and get the first register that is free in all their ranges; who gets none lives in
// the stack. Registers that an instruction destroys are busy at that instant, so nothing that lives
// across a call is in EAX, ECX or EDX. Unlike a scan along the code this lets a loop's counter win
// over what was there first, and needs no splitting.
#pragma once

#include <array>

#include "verifier/x86/assembler.hh"
#include "verifier/x86/webs.hh"

namespace singlet::verifier::x86 {

inline constexpr Reg kArgumentRegs[] = {Reg::EAX, Reg::EDX, Reg::ECX};
inline constexpr RegMask kSavedRegs = bit(Reg::EBX) | bit(Reg::ESI) | bit(Reg::EDI) | bit(Reg::EBP);

// Where an argument travels between compiled functions: the first three that are one word in
// registers, all others in words on the stack.
struct Argument {
    bool in_register;
    Reg reg;
    std::uint32_t word;
};

class Arguments {
public:
    std::uint32_t stack_words = 0;
    std::span<const Argument> places() const { return {places_.data(), count_}; }
    Arguments(const Module& module, std::span<const TypeIndex> params);

private:
    std::array<Argument, limits::kParameters> places_;
    std::size_t count_ = 0;
};

struct Place {
    // Passing: a 64-bit value that only the next instruction reads, and finds in EDX:EAX.
    enum class Kind : std::uint8_t { None, Register, Slot, Incoming, Passing };
    Kind kind = Kind::None;
    Reg reg = Reg::EAX;
    Reg high = Reg::EAX;    // Register: of a 64-bit value, else the same
    std::uint32_t word = 0; // Slot: of the function's homes; Incoming: of its stack arguments

    RegMask registers() const {
        return kind == Kind::Register ? static_cast<RegMask>(bit(reg) | bit(high)) : RegMask{0};
    }
};

struct Allocation {
    std::vector<Place> places; // of each web
    std::vector<RegMask> busy; // at each time
    RegMask saved = 0;         // callee-saved registers in use
    std::uint32_t home_words = 0;

    // Eight instants at a time. The first gives up where `enough` are busy.
    RegMask busy_in(Range range, RegMask enough) const;
    void take(Range range, RegMask regs);
    RegMask busy_around(std::uint32_t instruction) const {
        return static_cast<RegMask>(busy[3 * instruction] | busy[3 * instruction + 2]);
    }
};

// Follows the webs that the registers hold, along a block.
class Cursor {
public:
    explicit Cursor(const Webs& webs) : webs_(&webs) {}
    void enter(const Block& block);
    WebIndex web(unsigned reg) const { return current_[reg]; }
    WebIndex next_definition() const { return webs_->defined(*block_, nth_); }
    WebIndex define(unsigned reg) { return current_[reg] = webs_->defined(*block_, nth_++); }

private:
    const Webs* webs_;
    const Block* block_ = nullptr;
    std::uint32_t nth_ = 0;
    std::array<WebIndex, limits::kRegisters> current_; // of those that the function has
};

// The power of two that `value` is, or -1.
constexpr int power_of_two(std::uint32_t value) {
    return value != 0 && (value & (value - 1)) == 0 ? __builtin_ctz(value) : -1;
}

constexpr bool is_division(AluOp op) { return op >= AluOp::Div && op <= AluOp::RemU; }
constexpr bool commutes(AluOp op) {
    return op == AluOp::Add || op == AluOp::Mul || op == AluOp::And || op == AluOp::Or ||
           op == AluOp::Xor;
}

// Makes the allocations of many functions, one after the other, in the same store.
class Allocator {
public:
    Allocator(const Verified& verified, const Webs& webs) : verified_(verified), webs_(webs) {}
    void turn_to(std::size_t function, Allocation& result);

private:
    // What would make a move unnecessary.
    struct Wishes {
        RegMask prefer = 0;
        WebIndex like[3] = {kNoWeb, kNoWeb, kNoWeb};
        bool at_last = false; // one can do without
        void add(WebIndex web) {
            for (auto& l : like)
                if (l == kNoWeb) return void(l = web);
        }
    };
    struct Worth {
        std::uint64_t weight_a_step; // in 2^-32
        WebIndex web;
    };

    void parameters();
    void find_worth();
    void wish(WebIndex a, WebIndex b) { wishes_[a].add(b), wishes_[b].add(a); }
    void scan(const Block& block);
    bool is_passing(const Instruction& i, std::uint32_t time, WebIndex web) const;
    void argument_wishes(const Instruction& i, std::span<const WebIndex> passed);
    bool give_register(WebIndex w);
    RegMask free_for(WebIndex w) const;
    Reg choose(const Wishes& wishes, RegMask free, bool is_short) const;
    void give_home(WebIndex w);

    static constexpr std::uint32_t kNone = 0xffffffff;
    const Verified& verified_;
    const Function* function_ = nullptr;
    const Webs& webs_;
    Allocation* result_ = nullptr;
    std::vector<Wishes> wishes_; // of each web
    std::vector<Worth> worth_;   // of the webs that need a place, the best first
    std::array<std::uint32_t, limits::kRegisters> homes_[2], incoming_; // by bytecode register
};

} // namespace singlet::verifier::x86
