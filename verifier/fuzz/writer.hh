// Writes the body of one function, statement by statement, and knows the types of the registers after each: what it asks of a
// register it finds there or makes first. It is a second reading of the instruction set, made independently of the
// verifier's, so most of what it writes is accepted, and where the two disagree one of them is wrong.
//
// Statements are structured (branches, loops), so both sides of a branch can be brought to one state before they join.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "verifier/fuzz/world.hh"

namespace singlet::fuzz {

class Writer {
public:
    Writer(World& world, std::size_t function);
    void write();

private:
    using Register = std::uint8_t;
    using Label = std::uint16_t;
    using MaybeRegister = std::optional<Register>;

    // What is known of the registers. Endpoints with the same mark are the two ends of one channel.
    struct State {
        std::vector<Type> types;
        std::vector<std::uint16_t> marks;
    };
    struct Arm {
        Label label;
        State state;
    };

    // ---- code [writer.cc]
    Label label();
    void bind(Label l); // begins a block
    void emit(Opcode op, std::uint8_t a = 0, std::uint8_t b = 0, std::uint8_t c = 0,
              std::uint32_t imm = 0);
    void end(Opcode op, std::uint8_t a = 0, std::uint8_t b = 0, std::uint8_t c = 0,
             std::uint32_t imm = 0); // with a terminator
    void branch(Opcode op, std::uint8_t a, Label yes, Label no, std::uint8_t b = 0,
                std::uint8_t c = 0);
    void finish();

    // ---- registers [writer.cc]
    Type& type(Register r) { return now_.types[r]; }
    void set(Register r, Type t, std::uint16_t mark = 0);
    void move(Register to, Register from);
    Register fresh(); // may be written; held until the statement ends
    MaybeRegister find(const Type& slot, bool to_take = false); // a register that suits
    template <class Suits>
    MaybeRegister find_if(Suits suits) { // held as well
        const std::uint32_t start = choices_.below(general_);
        for (std::uint32_t n = 0; n < general_; ++n) {
            const auto r = static_cast<Register>((start + n) % general_);
            if (std::ranges::count(held_, r) != 0 || !suits(r)) continue;
            held_.push_back(r);
            return r;
        }
        return {};
    }
    Register integer();
    Register long_integer();
    Register number(std::int32_t n); // a register with it
    void drop(Register r);           // frees what it owns
    void forget(Register r) { drop(r), set(r, {}); }
    void shed(); // so much owned that registers would run out
    bool takeable(Register r) const { return !locked_[r]; }

    // ---- values [writer_values.cc]
    bool makeable(const Type& t);
    bool make(Register r, Type t); // false: it cannot be made out of nothing
    MaybeRegister need(const Type& slot, bool to_take = false);
    void sure(Register r); // not null from here on
    void coerce(const State& target);
    State common(std::vector<Arm>& ends);

    // ---- statements
    void body(unsigned depth);
    void statement(unsigned depth);
    void arms(std::vector<Arm> all, unsigned depth); // [writer_control.cc]
    void unpack();
    void split(Opcode op, Register a, unsigned depth);
    void branch_is(unsigned depth);
    void branch_null(unsigned depth);
    void table(unsigned depth);
    void loop(unsigned depth);
    void leave();
    bool may_return() const;
    void arithmetic(); // [writer_data.cc]
    void divide();
    void wide();
    void compare();
    void constant();
    void objects();
    void field(bool store);
    void arrays();
    void elements();
    void copy_bytes();
    MaybeRegister index_into(Register array);
    void cells(); // [writer_exchange.cc]
    void exchange();
    void swap();
    void channel();
    void send();
    bool send_on(Register endpoint);
    void receive(unsigned depth);
    void select(Register endpoint, unsigned depth);
    void receive_two(unsigned depth);
    void converse(unsigned depth);
    void sets(unsigned depth);
    void wrapping(unsigned depth);
    std::vector<TypeIndex> message_args(const Type& endpoint, std::size_t transition) const;
    Arm received(const Type& endpoint, Register r, std::size_t transition, const State& before,
                 SelectTable::Case& entry, std::uint8_t operand, Register first);
    void call(std::uint32_t callee); // [writer_calls.cc]
    void call_interface();
    void start(std::uint32_t callee);
    void call_kernel();
    bool arguments(const std::vector<TypeIndex>& params, std::size_t first);
    void after_call(const std::vector<TypeIndex>& params, const Type& result, Opcode op,
                    std::uint32_t imm);
    void print(Register r);

    // r0 .. general_-1 hold parameters and values; behind them lie those with a purpose.
    static constexpr unsigned kDepth = 3; // of branches and loops in each other
    static constexpr std::uint8_t kArguments = 9, kReceived = 8;
    Register scratch() const {
        return general_;
    } // never holds anything from one statement to the next
    Register second_scratch() const { return static_cast<Register>(general_ + 1); }
    Register window(std::size_t n) const { return static_cast<Register>(general_ + 2 + n); }
    Register receive_window(std::size_t n) const { return window(kArguments + n); }

    World& world_;
    Choices& choices_;
    Module& module_;
    std::size_t number_;
    Function f_;
    std::uint8_t general_;
    State now_;
    std::vector<std::uint8_t> locked_;  // by how many loops: neither written nor taken
    std::vector<Register> held_;        // by this statement: not to be written
    std::vector<Register> taken_from_;  // arguments' registers, to give back what was only lent
    std::vector<std::uint16_t> places_; // of each label: its block
    std::uint16_t marks_ = 0;
    Register fuel_ = 0;
    std::size_t budget_; // statements that may still be written
    bool open_ = false;  // the last block has no terminator yet
};

} // namespace singlet::fuzz
