// The interpreter's inside: registers, frames, and one function for each opcode, grouped by family in interpret_*.cc.
//
// The first thing that ends the program is kept and all later ones are ignored, so a reader such as i32() may report
// a wrong operand and return a harmless value; readers that return a pointer return null then.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "verifier/interpret.hh"
#include "verifier/interpret_heap.hh"
#include "verifier/interpret_proof.hh"
#include "verifier/limits.hh"

namespace singlet::verifier {

class Machine {
public:
    Machine(const Module& m, const Environment& environment, const InterpretOptions& options,
            const Proof* proof = nullptr);
    Outcome run();

private:
    using Handler = void (Machine::*)(const Instruction&);
    static const std::array<Handler, static_cast<std::size_t>(Opcode::kCount)> kHandlers;

    struct Frame {
        const Function* function;
        std::uint32_t pc;
        std::size_t base;    // of its registers in stack_
        std::uint8_t result; // the caller's register for the result
        std::size_t lent;    // where its lent endpoints begin in lent_
    };
    // A lent endpoint or set, which must be back in a register and in its state when the function returns.
    struct Lent {
        Thing* thing;
        Type type;
        std::uint8_t parameter;
    };

    // <since lab6>
    // ---- threads [interpret_threads.cc]
    struct Thread {
        std::vector<Value> stack;
        std::vector<Frame> frames;
        std::vector<Lent> lent;
        Frame frame;
        bool is_main = false;
        std::vector<Thing*> awaited; // endpoints and sets of the select at which it waits
    };
    Thread put_aside();
    void go_on_with(Thread thread);
    void pass_turn(); // to the first in line; the one that had it was put aside, or has ended
    void wait_for(std::uint8_t first, std::uint8_t count);
    void wake_waiting();
    // </since>
    struct Stacks {
        std::array<std::span<const Value>, limits::kThreads> stacks; // options_.threads is no more
        std::size_t count = 1;
        Roots all() const { return {stacks.data(), count}; }
    };
    // <since lab6 = Stacks stacks() const { return {{stack_}}; }>
    Stacks stacks() const;
    // </since>

    // ---- ends
    void stuck(std::string why);
    void trap(rt::TrapReason reason, std::uint32_t number = 0);
    void end(Outcome::What what, std::string why = "");
    std::string place() const;
    static std::string mnemonic_with_form(const Instruction& i);

    // ---- the proof [interpret_proof.cc]
    bool as_proven(); // false: it is not, and the program has ended with a Mismatch
    bool agrees(const Value& v, const Type& type) const;
    bool is_parameter(const Value& v, std::size_t number) const;
    bool owners_agree();

    // ---- reading registers
    Value& at(std::uint8_t r) { return stack_[frame_.base + r]; }
    const Value& use(std::uint8_t r);
    std::int32_t i32(std::uint8_t r);
    std::int64_t i64(std::uint8_t r);
    bool is_null(std::uint8_t r);
    Value take(std::uint8_t r);                    // moves what moves
    Object* object(std::uint8_t r, Kind kind);     // null traps
    Thing* thing(std::uint8_t r, Kind kind);       // null traps
    Thing* living(const Value& v, std::uint8_t r); // its thing, if it was not freed
    struct Array {
        Elements* numbers = nullptr;          // or
        std::vector<Value>* values = nullptr; // references
        bool read_only = false;
        std::uint16_t element = 0; // type
        std::size_t length() const {
            return numbers ? numbers->count() : values ? values->size() : 0;
        }
    };
    Array array(std::uint8_t r);                 // array, string or vector
    Elements* bytes(std::uint8_t r, bool write); // one of u8
    bool in_bounds(std::int64_t index, std::uint64_t count, std::uint64_t length); // traps if not

    template <class T>
    T alu(std::uint32_t op, T x, T y); // x / 0 traps

    // ---- writing
    void write(std::uint8_t r, Value v);
    void store(Value& place, const Type& type, const Value& v); // truncates
    const Type& type(std::size_t index) const { return m_.types[index]; }
    std::string describe(const Value& v) const;

    // ---- control [interpret_calls.cc]
    void go(std::size_t block) { frame_.pc = frame_.function->blocks[block]; }
    void enter(const Function& f, std::uint8_t first, std::uint8_t result, std::size_t registers);
    void leave(Value v);
    bool all_given_up();
    void kernel_call(std::string_view name, const Value* args, std::uint8_t result);
    void print(const Elements& from, std::int64_t at, std::int64_t count);
    std::vector<Value> arguments(std::uint8_t first, std::size_t count);

    // ---- exchange heap and channels
    const Field* owned_field(const Thing& block, std::uint32_t number);
    bool can(const Thing& endpoint, bool send) const;
    bool sends(const Thing& endpoint) const { return can(endpoint, true); }
    bool receives(const Thing& endpoint) const { return can(endpoint, false); }
    bool can_travel(const Value& v) const;
    struct Head {
        bool there = false;
        std::uint16_t what = 0; // message, kClosed or kMember
        std::size_t member = 0;
    };
    Head head(std::uint8_t r);
    void receive(std::uint8_t r, const Head& head, std::uint8_t first);
    void allocated(std::uint8_t r, Thing* t);

#define OP(name, text, a, b, c, imm, doc) void op_##name(const Instruction& i);
#include "verifier/isa.def"

    const Module& m_;
    const Environment& environment_;
    const InterpretOptions& options_;
    Heap heap_;
    std::vector<Value> stack_;
    std::vector<Frame> frames_; // of the callers
    std::vector<Lent> lent_;
    Frame frame_{};
    // <since lab6>
    // The thread whose turn it is lies in the members above; these are the others.
    bool is_main_ = true;
    std::deque<Thread> line_;     // those that want the turn
    std::vector<Thread> waiting_; // in a select
    // </since>
    std::vector<Object*> literals_;
    std::optional<ProvenTypes> types_;
    std::uint64_t next_account_ = 0; // the step before which all owners are counted again
    bool ended_ = false;
    Outcome outcome_;
};

} // namespace singlet::verifier
