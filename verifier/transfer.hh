// What each instruction asks of the registers and makes of them: the typing rules themselves. Fixpoint, edge pass and replay
// share them, so there is one reading of each opcode.
//
// A rule is a conjunction read from left to right: what the operands must be, then what the result is. The first condition that
// fails says so in one sentence and ends it:
//
//     case Opcode::IsNull: return reference(i.b) && set(i.a, kInt);
#pragma once

#include <optional>
#include <span>

#include "verifier/meet.hh"
#include "verifier/message.hh"

namespace singlet::verifier {

// Who wants to see the states that a terminator hands to its successors.
class EdgeVisitor {
public:
    // The registers are as they are on the edge while this runs. False ends the walk.
    virtual bool edge(std::uint16_t target) = 0;

protected:
    ~EdgeVisitor() = default;
};

class Transfer {
public:
    // Works in place on `registers`; `trace`, if there is one, is kept in step with them.
    Transfer(const Program& program, std::size_t function, std::span<Type> registers, Meter& meter,
             Trace* trace = nullptr)
        : program_(program), module_(program.module), number_(function),
          function_(&program.module.functions[function]), registers_(registers), meter_(meter),
          trace_(trace) {}

    // Goes on with another function of the module, whose registers these are.
    void turn_to(std::size_t function, std::span<Type> registers) {
        number_ = function;
        function_ = &module_.functions[function];
        registers_ = registers;
    }

    // Past an instruction that is not a terminator. False: refused, and diagnosis() says why.
    bool step(std::uint32_t pc);
    // Checks a terminator and shows each of its edges.
    bool finish(std::uint32_t pc, EdgeVisitor& visitor);

    // Parameters in their registers, everything else unset.
    void enter_function();

    const Diagnosis& diagnosis() const { return *diagnosis_; }
    bool refuse(Rule rule, std::string sentence);
    void mention(Origin origin); // the refusal will tell where that is

    const Function& function() const { return *function_; }
    std::span<const Type> registers() const { return registers_; }
    // <since lab5>
    // Those that have at some time held what may be owed: others need not be asked.
    const RegisterSet& ever_owed() const { return ever_owed_; }
    // </since>

private:
    // ---- what an operand must be (operands.cc)
    bool present(std::size_t r) { // set, and of one type
        const Kind kind = registers_[r].kind;
        return (kind != Kind::Unset && kind != Kind::Conflict) || wrong(r, "a value");
    }
    bool i32(std::size_t r) { return registers_[r].kind == Kind::I32 || wrong(r, "an i32"); }
    bool i64(std::size_t r) { return registers_[r].kind == Kind::I64 || wrong(r, "an i64"); }
    bool reference(std::size_t r);             // anything that can be null, or null
    bool object(std::size_t r);                // a reference to an object, or null
    bool collected(std::size_t r);             // a collected reference, or null
    bool assignable(std::size_t r, Type slot); // fits the slot, and is not moved
    bool fields_of(std::size_t r, const std::vector<Field>*& fields); // object or exchange struct
    bool field_of(std::size_t r, std::uint32_t number, Type& type);
    bool elements(std::size_t r, Type& element); // array, string or vector; to read
    bool writable_elements(std::size_t r, Type& element);
    bool bytes(std::size_t r);
    bool writable_bytes(std::size_t r);
    bool of_kind(std::size_t r, Kind kind, const char* what);
    // <since lab6>
    bool endpoint(std::size_t r); // owned or borrowed, not null after this
    // </since>
    bool in_registers(std::size_t first, std::size_t count);
    bool element_type(std::size_t type, Kind kind, const char* what, Type& result);

    // ---- what happens to registers (operands.cc)
    // <since lab5>
    bool free_to_write(std::size_t r) { // nothing there that must not be lost
        return !is_pinned(registers_[r]) || refuse_overwrite(r);
    }
    bool refuse_overwrite(std::size_t r);
    bool claim(std::size_t r, Type slot); // an owned value leaves its register for the slot
    // </since>
    bool set(std::size_t r, Type type) {
        // <since lab5>
        if (!free_to_write(r)) return false;
        // </since>
        write(r, type);
        return true;
    }
    void write(std::size_t r, Type type) {
        registers_[r] = type;
        // <since lab5>
        if (may_be_owed(type)) ever_owed_.add(r);
        // </since>
        if (trace_) trace_->origins[r] = pc_;
    }
    Type take(std::size_t r) { // move or copy, as the type wants
        const Type type = registers_[r];
        // <since lab5>
        if (is_pinned(type)) write(r, Type{});
        // </since>
        return type;
    }
    void not_null(std::size_t r) { registers_[r].nullable = false; }
    bool wrong(std::size_t r, std::string_view what);
    bool wrong_object(std::size_t r, std::string_view what); // where null is an error of its own
    // "r3 is i32 (set at instruction 1)"
    std::string found(std::size_t r, std::string_view joint = " ");
    std::string name() const; // of the opcode

    // ---- families
    bool values(const Instruction& i);
    bool objects(const Instruction& i);
    bool arrays(const Instruction& i);
    bool calls(const Instruction& i);
    bool interface_call(const Instruction& i);
    // <since lab5>
    bool cells(const Instruction& i);
    bool exchange(const Instruction& i);
    bool swap(const Instruction& i);
    bool release(const Instruction& i);
    // </since>
    // <since lab6>
    bool channels(const Instruction& i);
    bool send(const Instruction& i);
    bool wrap(const Instruction& i);
    bool endpoint_to_give(std::size_t r);
    std::string kept_text(const Type& endpoint) const;
    bool unwrap(const Instruction& i);
    bool ports(const Instruction& i);
    bool start(const Instruction& i);
    // </since>
    bool argument(std::size_t r, Type param);
    bool result(std::uint8_t r, Type type);

    // ---- terminators
    bool returns(const Instruction& i);
    // <since lab5>
    bool nothing_left();
    // </since>
    // <since lab6>
    bool borrowed_back();
    // </since>
    bool branch(const Instruction& i, EdgeVisitor& visitor);
    bool branch_null(const Instruction& i, EdgeVisitor& visitor);
    bool branch_is(const Instruction& i, EdgeVisitor& visitor);
    // <since lab6>
    bool select(const Instruction& i, EdgeVisitor& visitor); // select.cc
    bool select_operands(const Instruction& i);
    bool select_case(const Instruction& i, std::size_t number);
    bool select_pattern(const Instruction& i, std::size_t number,
                        const SelectTable::Pattern& pattern);
    bool receive(const Instruction& i, std::size_t r, Type type);
    bool select_complete(const Instruction& i);
    // </since>

    // Runs `visitor` on an edge on which `changes` have been made, and takes them back.
    struct Undo {
        std::uint8_t reg;
        Type type;
        Origin origin;
    };
    void change(std::size_t r, Type type); // as write(), remembered
    void change_to_sure(std::size_t r);    // to what it is, but not null
    bool show(std::uint16_t target, EdgeVisitor& visitor);

    const Program& program_;
    const Module& module_;
    std::size_t number_;
    const Function* function_;
    std::span<Type> registers_;
    // <since lab5>
    RegisterSet ever_owed_;
    // </since>
    Meter& meter_;
    Trace* trace_;
    std::uint32_t pc_ = 0;
    std::vector<Undo> undo_;
    std::vector<Diagnosis::Place> places_; // that the sentence being written speaks of
    std::optional<Diagnosis> diagnosis_;
};

} // namespace singlet::verifier
