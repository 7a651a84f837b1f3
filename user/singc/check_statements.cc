#include <fmt/format.h>

#include "user/singc/check.hh"

namespace singlet::singc {

using Status = VariableFlow::Status;
using Null = VariableFlow::Null;

void Checker::statement(Stmt& s) {
    s.reached = flow_.reachable;
    switch (s.kind) {
    case StmtKind::Empty:
        break;
    case StmtKind::Block:
        block(s);
        break;
    case StmtKind::Declare:
        declaration(s);
        break;
    case StmtKind::Expression: {
        check(s.exprs[0]);
        Expr& e = *s.exprs[0];
        bool useful = e.kind == ExprKind::Call || e.kind == ExprKind::Assign ||
                      e.kind == ExprKind::Increment || e.kind == ExprKind::New;
        if (!useful && !e.type.error())
            error(e.place, "this does nothing: expected an assignment or a call");
        else
            discard(e);
        break;
    }
    case StmtKind::If:
        if_statement(s);
        break;
    case StmtKind::While:
        while_loop(s);
        break;
    case StmtKind::Do:
        do_loop(s);
        break;
    case StmtKind::For:
        for_loop(s);
        break;
    case StmtKind::Foreach:
        foreach_loop(s);
        break;
    case StmtKind::Switch:
        switch_statement(s);
        break;
    case StmtKind::Break:
    case StmtKind::Continue:
        jump(s);
        break;
    case StmtKind::Return:
        return_statement(s);
        break;
    case StmtKind::Delete:
        delete_statement(s);
        break;
    case StmtKind::Receive:
        receive(s);
        break;
    case StmtKind::Assert: {
        Branches b = condition(s.exprs[0]);
        flow_ = b.yes;
        break;
    }
    case StmtKind::Trap:
        check(s.exprs[0]);
        coerce(s.exprs[0], kIntType, "the trap's number");
        if (!s.exprs[0]->constant && !s.exprs[0]->type.error())
            error(s.exprs[0]->place, "the number of a trap is a constant");
        flow_.reachable = false;
        break;
    case StmtKind::Swap:
        swap_statement(s);
        break;
    case StmtKind::Recv:
        recv_statement(s);
        break;
    }
}

void Checker::block(Stmt& s) {
    std::size_t mark = scope_.size();
    for (StmtPtr& x : s.body)
        statement(*x);
    leave_scope(mark, s.end, "its scope ends");
}

void Checker::declaration(Stmt& s) {
    bool infer = s.syntax->form == TypeSyntax::Form::Var;
    Type type;
    if (!infer) {
        type = resolve_type(program_, diagnostics_, *s.syntax, false);
        set_types(type, s.syntax->place);
        if (type == kVoidType) {
            error(s.syntax->place, "a variable cannot be void");
            type = kErrorType;
        }
    }
    for (Declarator& d : s.declarators) {
        Type declared = type;
        if (d.value) {
            check(d.value, infer ? nullptr : &type);
            Type value = d.value->type;
            if (infer) {
                declared = value;
                if (value == TypeKind::Null || value == kVoidType) {
                    error(d.value->place,
                          fmt::format("`var` cannot take its type from {}", name(value)));
                    declared = kErrorType;
                }
                // A variable that will be null later says so with its type.
                if (declared == TypeKind::Endpoint) declared.state = kAnyState;
            } else {
                coerce(d.value, type, fmt::format("`{}`", d.name));
            }
            consume(*d.value);
        } else if (infer) {
            error(d.place, fmt::format("`var {}` needs a value: expected `=`", d.name));
            declared = kErrorType;
        }
        Variable* v = declare(d.name, d.place, declared);
        d.variable = v;
        if (d.value) set(*v, d.value->type, d.place);
    }
}

void Checker::if_statement(Stmt& s) {
    Branches b = condition(s.exprs[0]);
    flow_ = b.yes;
    std::size_t mark = scope_.size();
    statement(*s.body[0]);
    leave_scope(mark, s.body[0]->place, "its scope ends");
    Flow yes = flow_;
    flow_ = b.no;
    if (s.body.size() > 1) {
        statement(*s.body[1]);
        leave_scope(mark, s.body[1]->place, "its scope ends");
    }
    flow_ = join_flows(yes, flow_, s.place, "the two ways of this `if`");
}

// Walks a loop until what is known at its head holds for every round. `walk` goes from flow_ at the head to flow_ at the jump
// back and fills the jump's breaks; only the last walk's errors count, but a head that cannot be joined stays an error.
void Checker::loop(Stmt& s, const std::function<void()>& walk) {
    constexpr int kMostWalks = 5000;
    Flow head = flow_;
    for (;;) {
        std::size_t errors = diagnostics_.count();
        flow_ = head;
        jumps_.push_back({true, scope_.size(), {}, {}});
        diagnostics_.begin_trying();
        walk();
        diagnostics_.end_trying();
        Flow back = flow_;
        Jump jump = std::move(jumps_.back());
        jumps_.pop_back();
        std::size_t found = diagnostics_.count();
        Flow joined = join_flows(head, back, s.place, "the start of this loop and its end");
        // What a walk reported is no news about the head: it would only silence the next walk.
        for (std::size_t i = 0; back.reachable && i < joined.variables.size(); i++)
            if (back.variables[i].status == Status::Poison) joined.variables[i] = head.variables[i];
        bool stable = same(joined, head);
        if (stable || ++loop_walks_ > kMostWalks) {
            if (!stable) error(s.place, "the loops of this function are too complex to check");
            flow_ = {.reachable = false, .variables = head.variables};
            flow_ = join_all(flow_, jump.breaks, s.place, "the ways out of this loop");
            return;
        }
        // What the walk said is taken back; what the join said stays.
        diagnostics_.take_back(errors, found);
        head = joined;
    }
}

// The way on if the loop goes on; the other way leaves it.
void Checker::loop_condition(ExprPtr& e) {
    Branches b = condition(e);
    jumps_.back().breaks.push_back(b.no);
    flow_ = b.yes;
}

// One round up to where its `continue`s meet. Names from `mark` on are the round's own.
void Checker::loop_body(Stmt& s, std::size_t mark) {
    statement(*s.body[0]);
    leave_scope(mark, s.body[0]->place, "its scope ends");
    Jump& j = jumps_.back();
    flow_ = join_all(flow_, j.continues, s.place, "the ends of this loop's round");
    j.continues.clear();
}

void Checker::while_loop(Stmt& s) {
    loop(s, [&] {
        loop_condition(s.exprs[0]);
        loop_body(s, scope_.size());
    });
}

void Checker::do_loop(Stmt& s) {
    loop(s, [&] {
        loop_body(s, scope_.size());
        loop_condition(s.exprs[0]);
    });
}

void Checker::for_loop(Stmt& s) {
    std::size_t mark = scope_.size();
    statement(*s.body[1]);
    loop(s, [&] {
        if (s.exprs[0]) loop_condition(s.exprs[0]);
        loop_body(s, scope_.size());
        for (ExprPtr& step : s.steps) {
            check(step);
            discard(*step);
        }
    });
    leave_scope(mark, s.place, "its scope ends");
}

void Checker::foreach_loop(Stmt& s) {
    check(s.exprs[0]);
    Expr& array = *s.exprs[0];
    Type t = array.type, element = kErrorType;
    if (t == TypeKind::String) element = kByteType;
    if (t == TypeKind::Array || t == TypeKind::Vector) element = *t.element;
    if (!t.error() && element.error())
        error(array.place,
              fmt::format("expected an array, a string or a vector, found {}", name(t)));
    else if (!t.error())
        dereference(array, "elements");
    Declarator& d = s.declarators[0];
    if (s.syntax->form != TypeSyntax::Form::Var && !element.error()) {
        Type declared = resolve_type(program_, diagnostics_, *s.syntax);
        if (!fits(element, declared) || (element.integer() && element != declared &&
                                         !(element == kByteType && declared == kIntType))) {
            error(s.syntax->place,
                  fmt::format("the elements are {}, not {}", name(element), name(declared)));
            element = kErrorType;
        } else {
            element = declared;
        }
    }
    loop(s, [&] {
        jumps_.back().breaks.push_back(flow_);
        std::size_t mark = scope_.size();
        Variable* v = declare(d.name, d.place, element);
        d.variable = v;
        set(*v, element, d.place);
        loop_body(s, mark);
    });
}

void Checker::switch_statement(Stmt& s) {
    check(s.exprs[0]);
    Type t = s.exprs[0]->type;
    if (t == TypeKind::Byte) coerce(s.exprs[0], kIntType, "the value");
    if (!t.error() && (!t.integer() || t == TypeKind::Long))
        error(s.exprs[0]->place,
              fmt::format("expected an int, uint or byte to switch on, found {}", name(t)));
    Flow start = flow_;
    bool has_default = false;
    std::vector<Flow> ends;
    jumps_.push_back({false, scope_.size(), {}, {}});
    std::vector<std::pair<std::int64_t, Place>> seen;
    for (SwitchCase& c : s.cases) {
        for (ExprPtr& label : c.labels) {
            flow_ = start;
            check(label);
            coerce(label, t == TypeKind::UInt ? kUIntType : kIntType, "a case");
            if (label->type.error()) continue;
            if (!label->constant) {
                error(label->place, "expected a constant behind `case`");
                continue;
            }
            for (const auto& [value, place] : seen)
                if (value == label->value)
                    error(label->place, fmt::format("{} stands in two cases", value),
                          {{place, "the other is here"}});
            seen.emplace_back(label->value, label->place);
        }
        if (c.is_default && has_default) error(c.place, "a second `default`");
        has_default = has_default || c.is_default;
        flow_ = start;
        block(*c.body);
        ends.push_back(flow_);
    }
    Jump j = std::move(jumps_.back());
    jumps_.pop_back();
    Flow out = start;
    if (has_default) out.reachable = false;
    out = join_all(out, ends, s.place, "the cases of this `switch`");
    flow_ = join_all(out, j.breaks, s.place, "the cases of this `switch`");
}

void Checker::jump(Stmt& s) {
    bool is_break = s.kind == StmtKind::Break;
    for (std::size_t i = jumps_.size(); i-- > 0;) {
        if (!is_break && !jumps_[i].loop) continue;
        check_leaks(jumps_[i].scope, s.place,
                    is_break ? "`break` leaves its scope" : "`continue` leaves its scope");
        (is_break ? jumps_[i].breaks : jumps_[i].continues).push_back(flow_);
        (is_break ? jumps_[i].breaks : jumps_[i].continues)
            .back()
            .variables.resize(jumps_[i].scope);
        flow_.reachable = false;
        return;
    }
    error(s.place, is_break ? "`break` stands outside of loops and switches"
                            : "`continue` stands outside of loops");
}

void Checker::return_statement(Stmt& s) {
    Type wanted = function_->result;
    if (s.exprs.empty()) {
        if (wanted != kVoidType && !wanted.error())
            error(s.place,
                  fmt::format("expected a value: `{}` returns {}", function_->short_name,
                              name(wanted)),
                  {{function_->place, "declared here"}});
    } else {
        check(s.exprs[0], &wanted);
        if (wanted == kVoidType)
            error(s.exprs[0]->place, fmt::format("`{}` returns nothing", function_->short_name),
                  {{function_->place, "declared here"}});
        else
            coerce(s.exprs[0], wanted, "the result");
        consume(*s.exprs[0]);
    }
    check_leaks(0, s.place, "the function returns");
    check_borrowed(s.place);
    flow_.reachable = false;
}

void Checker::delete_statement(Stmt& s) {
    check(s.exprs[0]);
    Expr& e = *s.exprs[0];
    if (e.type.error()) return;
    if (!e.type.owned())
        return error(e.place, fmt::format("only owned values are deleted, not {}", name(e.type)));
    if (e.kind == ExprKind::Field)
        return error(e.place,
                     fmt::format("the owned field `{0}` can only be exchanged: `{0} <-> variable;`",
                                 e.text));
    // What is known to be null needs no code; the lowering asks the type.
    if (e.kind == ExprKind::Name && e.variable && flow(*e.variable).null == Null::Yes)
        e.type = kNullType;
    if (e.type == kNullType) {
        flow(*e.variable).status = Status::Gone;
        flow(*e.variable).deleted = true;
        flow(*e.variable).since = e.place;
        return;
    }
    consume(e, true);
}

// p.f <-> x;
void Checker::swap_statement(Stmt& s) {
    check(s.exprs[0]);
    check(s.exprs[1]);
    Expr &field = *s.exprs[0], &x = *s.exprs[1];
    if (field.type.error()) return;
    bool owned_field =
        field.kind == ExprKind::Field && field.target == Target::StructField && field.type.owned();
    if (!owned_field)
        return error(field.place, "expected an owned field of an exchange struct left of `<->`");
    if (x.kind != ExprKind::Name || !x.variable)
        return error(x.place, "expected a variable right of `<->`");
    Variable& v = *x.variable;
    if (flow(v).status == Status::Poison || x.type.error()) return;
    Type declared = v.type == TypeKind::Endpoint ? v.type.in_state(field.type.state) : v.type;
    bool fits_in = x.type.with_null(true) == field.type || flow(v).null == Null::Yes;
    if (declared != field.type || !fits_in)
        return error(x.place,
                     fmt::format("expected a variable of type {} right of `<->`, found {}",
                                 name(field.type), name(v.type)),
                     {{v.place, "declared here"}});
    if (v.borrowed)
        return error(x.place,
                     fmt::format("`{}` is borrowed: it cannot be given away here", v.name));
    if (field.kid(0).variable == &v) return error(x.place, "a struct cannot be put into itself");
    set(v, field.type, s.place);
}

// ep.RecvX(out a) else { ... }: in the else part the channel is closed.
void Checker::recv_statement(Stmt& s) {
    Flow before = flow_;
    std::size_t mark = scope_.size();
    check(s.exprs[0]);
    Expr& e = *s.exprs[0];
    if (e.target != Target::Recv) {
        if (!e.type.error() && flow_.reachable && diagnostics_.count() == 0)
            error(s.place, "`else` belongs to an `if` or to a Recv");
    }
    Flow received = flow_;
    // The variables that the message brings are in scope but not set in the else part.
    flow_ = before;
    for (std::size_t i = mark; i < scope_.size(); i++) {
        VariableFlow f = received.variables[i];
        f.status = f.status == Status::Poison ? f.status : Status::Unset;
        flow_.variables.push_back(f);
    }
    if (e.target == Target::Recv) {
        flow(*e.variable).state = kClosed;
        flow(*e.variable).since = e.place;
    } else {
        flow_.reachable = false;
    }
    std::size_t inner = scope_.size();
    statement(*s.body[0]);
    leave_scope(inner, s.body[0]->place, "its scope ends");
    flow_ = join_flows(received, flow_, s.place, "the two outcomes of this Recv");
}

} // namespace singlet::singc
