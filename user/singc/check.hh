// The checker: types of expressions, and along the way what the flow knows (assigned, owned, null, endpoint states). It fills in
// what the tree's nodes say under "checked:". Loops are walked until what is known at their head no longer changes.
//
//   check.cc             functions, names, conversions
//   check_constants.cc   literals and folding
//   check_expressions.cc names, members, operators
//   check_conditions.cc  equality, null tests, conditions
//   check_places.cc      assignments
//   check_objects.cc     type tests, casts, new
//   check_calls.cc       calls of all kinds
//   check_statements.cc  statements and loops
//   check_receive.cc     switch receive
#pragma once

#include <functional>
#include <span>

#include "user/singc/flow.hh"
#include "verifier/verify.hh"

namespace singlet::singc {

class Checker {
public:
    Checker(Program& program, Diagnostics& diagnostics, verifier::Environment environment)
        : program_(program), diagnostics_(diagnostics), environment_(environment) {}

    void run();

private:
    struct Jump { // a loop, switch or switch receive that `break` leaves
        bool loop;
        std::size_t scope;
        std::vector<Flow> breaks, continues;
    };
    struct Branches {
        Flow yes, no;
    };

    // check.cc
    void sip();
    void main_function();
    void function(Function& function);
    void constant(ConstInfo& info);
    std::int64_t number(ExprPtr& e, std::int64_t least, std::int64_t most, std::string_view what);
    void signature_types(const Function& function);
    void set_types(const Type& type, Place place);
    void error(Place place, std::string sentence, std::vector<Note> notes = {}) {
        diagnostics_.error(place, std::move(sentence), std::move(notes));
    }
    std::string name(const Type& type) const { return program_.type_name(type); }

    Variable* declare(const std::string& name, Place place, Type type);
    Variable* find_variable(std::string_view name);
    VariableFlow& flow(const Variable& v) { return flow_.variables[v.slot]; }
    void set(Variable& v, const Type& value, Place place);
    void leave_scope(std::size_t mark, Place place, std::string_view where);
    void check_leaks(std::size_t mark, Place place, std::string_view where);
    void check_borrowed(Place place);
    Flow join_flows(const Flow& a, const Flow& b, Place place, std::string_view what);
    Flow join_all(const Flow& first, const std::vector<Flow>& others, Place place,
                  std::string_view what);

    bool fits(const Type& from, const Type& to) const;
    void coerce(ExprPtr& e, const Type& to, std::string_view what);
    void refuse_overwriting(const Variable& v, Place place);
    void consume(Expr& e, bool deletes = false);
    void lend(Expr& e, std::vector<const Variable*>& lent);
    void discard(Expr& e);
    bool usable(const Variable& v, Place place);
    void dereference(Expr& e, std::string_view use);
    Type current_type(const Variable& v);

    // check_constants.cc
    void literal(Expr& e);
    void make_constant(Expr& e, const Type& type, std::int64_t value);
    void fold_binary(Expr& e, const Type& operation);
    void fold_unary(Expr& e);

    // check_expressions.cc
    void check(ExprPtr& e, const Type* hint = nullptr);
    Branches condition(ExprPtr& e);
    void check_name(Expr& e);
    void check_field(Expr& e);
    void check_index(Expr& e);
    void check_unary(Expr& e);
    void check_binary(Expr& e);
    void check_equality(Expr& e);
    bool null_test(Expr& e, Branches& branches);
    Type common_integer(Expr& e, ExprPtr& a, ExprPtr& b);
    void check_conditional(Expr& e);
    void check_assign(Expr& e);
    void check_increment(Expr& e);
    void check_place(ExprPtr& e, bool read);
    void check_is_as(Expr& e);
    void check_cast(Expr& e);
    void check_new(Expr& e);
    void check_new_array(Expr& e);
    void check_array_list(Expr& e);
    void shift_amount(ExprPtr& e);

    // check_calls.cc
    void check_call(Expr& e);
    void call_function(Expr& e, const Function& f, std::string_view what);
    void check_start(Expr& e, const Function& f, std::string_view what);
    void call_kernel(Expr& e, Expr& callee);
    void call_bytes(Expr& e, Expr& callee);
    void call_member(Expr& e, Expr& callee);
    void call_endpoint(Expr& e, Expr& callee);
    void call_send(Expr& e, Variable& v, std::string_view message);
    void call_recv(Expr& e, Variable& v, std::string_view message);
    void call_ports(Expr& e, Expr& callee);
    void new_channel(Expr& e, std::uint32_t contract);
    void arguments(Expr& e, std::size_t first, std::span<const ParameterInfo> params,
                   std::string_view what, Place declared);
    void check_arguments_anyway(Expr& e, std::size_t first);
    void out_argument(Expr& e, const Type& type);
    std::vector<std::string> message_names(const Type& endpoint, bool sending) const;
    const std::vector<TransitionInfo>* transitions(const Type& endpoint) const;
    const MessageInfo& info(const Type& endpoint, const TransitionInfo& transition) const;
    bool may_travel(const Type& endpoint) const; // in a message
    bool side_sends(const Type& endpoint) const; // or can, where both may speak
    // The way on for the message, if the endpoint's side can send it, or receive it, in its state.
    const TransitionInfo* step(const Type& endpoint, int message, bool sending) const;

    // check_statements.cc
    void statement(Stmt& s);
    void block(Stmt& s);
    void declaration(Stmt& s);
    void if_statement(Stmt& s);
    void loop(Stmt& s, const std::function<void()>& walk);
    void while_loop(Stmt& s);
    void do_loop(Stmt& s);
    void for_loop(Stmt& s);
    void foreach_loop(Stmt& s);
    void switch_statement(Stmt& s);
    void return_statement(Stmt& s);
    void delete_statement(Stmt& s);
    void swap_statement(Stmt& s);
    void recv_statement(Stmt& s);
    void jump(Stmt& s);
    void loop_condition(ExprPtr& e);
    void loop_body(Stmt& s, std::size_t mark);

    // check_receive.cc
    void receive(Stmt& s);
    bool receive_operands(Stmt& s);
    void check_pattern(Stmt& s, Pattern& p);
    void check_exhaustive(Stmt& s);
    void check_superfluous(Stmt& s);
    std::vector<std::uint16_t> heads(const Variable& v);
    std::string head_name(const Variable& v, std::uint16_t head) const;
    void receive_case(Stmt& s, ReceiveCase& c);

    Program& program_;
    Diagnostics& diagnostics_;
    verifier::Environment environment_;

    Function* function_ = nullptr;
    std::vector<Variable*> scope_;
    Flow flow_;
    std::vector<Jump> jumps_;
    int loop_walks_ = 0;
};

} // namespace singlet::singc
