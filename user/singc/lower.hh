// From the checked tree to bytecode. Variables live in one register each; an expression is worked out straight into the register
// that wants it; conditions become branches without a truth value in between.
//
//   lower.cc             functions and statements
//   lower_loops.cc       loops and switches
//   lower_expressions.cc values
//   lower_conditions.cc  branches, comparisons
//   lower_calls.cc       calls, channels
#pragma once

#include "user/singc/emit.hh"
#include "user/singc/module_builder.hh"

namespace singlet::singc {

inline constexpr std::uint32_t kTrapUnset =
    998; // a field or element that is not nullable was never set
inline constexpr std::uint32_t kTrapClosed = 999; // a Recv without else on a closed channel

class Lowering {
public:
    Lowering(ModuleBuilder& builder, const Diagnostics& diagnostics)
        : builder_(builder), program_(builder.program()), diagnostics_(diagnostics) {}

    // Fills in the code; throws OutOfRegisters.
    void run(Function& function, verifier::Function& to);

private:
    static constexpr Reg kNone = -1;
    enum class Null : bool {
        Refused,
        Allowed
    }; // whether the user of a value checks for null itself

    // lower.cc
    void statement(Stmt& s);
    void block(Stmt& s);
    void declaration(Stmt& s);
    void if_statement(Stmt& s);
    void receive(Stmt& s);
    void recv(Stmt& s);
    void effect(Expr& e);
    Reg variable(Variable* v);

    // lower_loops.cc
    void while_loop(Stmt& s);
    void do_loop(Stmt& s);
    void for_loop(Stmt& s);
    void foreach_loop(Stmt& s);
    void switch_statement(Stmt& s);
    void body(Stmt& s, Label on_break, Label on_continue, bool loop);

    // lower_expressions.cc
    Reg value(Expr& e, Reg want = kNone, Null null = Null::Refused);
    Reg target(Reg want) { return want != kNone ? want : emitter_.allocate(); }
    Reg move(Reg from, Reg want);
    Reg operand(Expr& e, bool later_assigns, Null null = Null::Refused);
    void not_null(Reg r);
    Reg checked_load(Reg r, const Type& type, Null null);
    Reg load_constant(const Type& type, std::int64_t v, Reg want);
    Reg convert(Expr& e, Reg want);
    Reg unary(Expr& e, Reg want);
    Reg binary(Expr& e, Reg want);
    Reg arithmetic(Tok op, const Type& type, Reg left, Expr& right, Reg want);
    Reg arithmetic_constant(Tok op, const Type& type, Reg left, std::int64_t right, Reg want);
    Reg divide_power(Tok op, const Type& type, Reg left, std::int64_t right, Reg want);
    Reg conditional(Expr& e, Reg want);
    Reg assign(Expr& e, Reg want, bool wanted);
    Reg increment(Expr& e, Reg want, bool wanted);
    Reg stored(Expr& e, const Type& storage);
    Reg cast(Expr& e, Reg want);
    Reg type_test(Expr& e, Reg want);
    Reg new_object(Expr& e, Reg want);
    Reg array_list(Expr& e, Reg want);

    // lower_conditions.cc
    void condition(Expr& e, Label yes, Label no);
    Reg truth(Expr& e, Reg want);
    Reg in_interval(Variable& x, std::int64_t low, std::int64_t high, Reg want);
    bool add_if(Expr& condition, Stmt& body);
    Reg compare(Expr& e, Reg want);

    // lower_calls.cc
    Reg call(Expr& e, Reg want);
    struct Window {
        Reg base = 0;
        std::vector<std::pair<Variable*, Reg>>
            back; // lent variables that return from their argument's register
    };
    Window arguments(Expr& e, std::size_t first, Expr* receiver, Reg self,
                     const std::vector<bool>& claims);
    void give_back(const Window& window);
    bool in_place(Expr& e, std::size_t first, Reg& base);
    Reg call_bytes(Expr& e, Reg want);

    void emit(verifier::Opcode o, Reg a = 0, Reg b = 0, Reg c = 0, std::uint32_t imm = 0) {
        emitter_.emit(o, a, b, c, imm);
    }

    ModuleBuilder& builder_;
    const Program& program_;
    const Diagnostics& diagnostics_;
    Emitter emitter_;
    struct Jump {
        Label on_break, on_continue;
        bool loop;
    };
    std::vector<Jump> jumps_;
    // A block for each place that may trap: what is owned there differs, so they cannot share one.
    std::vector<std::pair<Label, std::uint32_t>> traps_;
};

} // namespace singlet::singc
