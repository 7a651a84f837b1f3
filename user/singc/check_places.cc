// Assignments: places, and what goes into them.
#include <fmt/format.h>

#include "user/singc/check.hh"

namespace singlet::singc {

using Status = VariableFlow::Status;
using Null = VariableFlow::Null;

// Something that can stand left of `=`.
void Checker::check_place(ExprPtr& p, bool read) {
    Expr& e = *p;
    Variable* v = e.kind == ExprKind::Name && function_ ? find_variable(e.text) : nullptr;
    if (v) {
        if (v->name == "this") {
            error(e.place, "`this` cannot be assigned");
            return;
        }
        e.variable = v;
        e.constant = e.moves = false;
        e.type = v->type;
        if (read && usable(*v, e.place)) e.type = current_type(*v);
        if (v->borrowed) {
            error(e.place, fmt::format("`{}` is borrowed: it cannot be assigned", v->name),
                  {{v->place, "declared here"}});
            e.type = kErrorType;
        }
        return;
    }
    check(p);
    if (p->type.error()) return;
    bool assignable = (p->kind == ExprKind::Field &&
                       (p->target == Target::ClassField || p->target == Target::StructField)) ||
                      (p->kind == ExprKind::Index && p->kid(0).type != TypeKind::String);
    if (p->kind == ExprKind::Index && p->kid(0).type == TypeKind::String)
        error(p->place, "a string's bytes cannot be written");
    else if (!assignable)
        error(p->place, "expected a variable, a field or an element to assign to");
    if (!assignable) p->type = kErrorType;
    if (p->type.owned()) {
        error(p->place,
              fmt::format("the owned field `{0}` can only be exchanged: `{0} <-> variable;`",
                          p->text));
        p->type = kErrorType;
    }
}

// `v` is assigned: what it owns must have gone.
void Checker::refuse_overwriting(const Variable& v, Place place) {
    const VariableFlow& f = flow(v);
    if (!flow_.reachable || !v.type.owned() || f.status != Status::Here || f.null == Null::Yes)
        return;
    error(place,
          fmt::format("what `{}` owns would be lost: delete it or give it away first{}", v.name,
                      f.null == Null::Maybe ? " (it may be null; deleting null does nothing)" : ""),
          {{f.since, "owned since here"}});
}

void Checker::check_assign(Expr& e) {
    bool simple = e.op == Tok::Assign;
    check_place(e.kids[0], !simple);
    Type to = e.kid(0).type;
    check(e.kids[1], &to);
    Variable* v = e.kid(0).kind == ExprKind::Name ? e.kid(0).variable : nullptr;
    if (simple) {
        coerce(e.kids[1], v ? v->type.in_state(v->type == TypeKind::Endpoint ? kAnyState : 0) : to,
               "the assignment");
        consume(e.kid(1));
        Type value = e.kid(1).type;
        if (v && !to.error()) {
            refuse_overwriting(*v, e.place);
            set(*v, value.error() ? kErrorType : value, e.place);
        }
        e.type = to;
        return;
    }
    e.type = to;
    Type x = to, y = e.kid(1).type;
    if (x.error() || y.error()) return;
    Tok op = operator_of(e.op);
    if (x == TypeKind::Bool && y == TypeKind::Bool &&
        (op == Tok::And || op == Tok::Or || op == Tok::Xor)) {
        e.result = kBoolType;
        return;
    }
    if (!x.integer() || !y.integer())
        return error(e.place, fmt::format("expected integers for {}, found {} and {}",
                                          token_text(e.op), name(x), name(y)));
    e.result = x == TypeKind::Byte ? kIntType : x;
    if (op == Tok::Shl || op == Tok::Shr || op == Tok::ShrU) return shift_amount(e.kids[1]);
    if (e.kid(1).constant && e.kid(1).value == 0 && (op == Tok::Slash || op == Tok::Percent))
        return error(e.place, "a division by the constant 0");
    coerce(e.kids[1], e.result, "the right operand");
}

void Checker::check_increment(Expr& e) {
    check_place(e.kids[0], true);
    Type t = e.kid(0).type;
    if (t.error()) return;
    if (!t.integer())
        return error(e.place, fmt::format("expected an integer to count, found {}", name(t)));
    e.type = t;
    e.result = t == TypeKind::Byte ? kIntType : t;
}

} // namespace singlet::singc
