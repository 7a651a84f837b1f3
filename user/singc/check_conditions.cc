// Equality, tests for null, and conditions with what is known on either side of them.
#include <fmt/format.h>

#include "user/singc/check.hh"

namespace singlet::singc {

using Status = VariableFlow::Status;
using Null = VariableFlow::Null;

void Checker::check_equality(Expr& e) {
    Branches b;
    if (null_test(e, b)) {
        flow_ = join_flows(b.yes, b.no, e.place, "the two values of this condition");
        return;
    }
    Type x = e.kid(0).type, y = e.kid(1).type;
    e.type = kBoolType;
    if (x.error() || y.error()) return;
    e.result = kBoolType;
    if (x == TypeKind::Bool && y == TypeKind::Bool) {
        if (e.kid(0).constant && e.kid(1).constant) fold_binary(e, kBoolType);
        return;
    }
    if (x.integer() && y.integer()) {
        e.result = common_integer(e, e.kids[0], e.kids[1]);
        if (e.kid(0).constant && e.kid(1).constant && !e.result.error()) fold_binary(e, e.result);
        e.type = kBoolType;
        return;
    }
    if (x == TypeKind::Object && y == TypeKind::Object) {
        e.result = x;
        return;
    }
    if (x == TypeKind::String && y == TypeKind::String)
        return error(e.place, "strings cannot be compared with `==`: compare their bytes");
    error(e.place, fmt::format("{} and {} cannot be compared", name(x), name(y)));
}

// x == null, x != null: what both outcomes say about x. False if `e` is not one; its operands are checked then.
bool Checker::null_test(Expr& e, Branches& branches) {
    check(e.kids[0]);
    check(e.kids[1]);
    bool left = e.kid(0).kind == ExprKind::Null, right = e.kid(1).kind == ExprKind::Null;
    if (!left && !right) return false;
    Expr& x = left && !right ? e.kid(1) : e.kid(0);
    e.type = kBoolType;
    e.result = kNullType;
    branches = {flow_, flow_};
    if (x.type.error()) return true;
    if (!x.type.may_be_nullable()) {
        error(e.place, fmt::format("{} is never null", name(x.type)));
        return true;
    }
    if (x.type.owned() && x.kind != ExprKind::Name) {
        error(x.place, "this owned value would be lost: keep it in a variable");
        return true;
    }
    bool equal = e.op == Tok::Equal;
    if (x.kind != ExprKind::Name || !x.variable || !flow_.reachable) return true;
    const VariableFlow& f = flow(*x.variable);
    if (f.status != Status::Here) return true;
    if (f.null != Null::Maybe) make_constant(e, kBoolType, (f.null == Null::Yes) == equal);
    Flow& null = equal ? branches.yes : branches.no;
    Flow& some = equal ? branches.no : branches.yes;
    null.reachable = f.null != Null::No;
    some.reachable = f.null != Null::Yes;
    null.variables[x.variable->slot].null = Null::Yes;
    some.variables[x.variable->slot].null = Null::No;
    return true;
}

// A condition, and what is known when it holds and when not. flow_ is that before it; the caller goes on with a branch.
Checker::Branches Checker::condition(ExprPtr& p) {
    Expr& e = *p;
    if (e.kind == ExprKind::Unary && e.op == Tok::Not) {
        Branches b = condition(e.kids[0]);
        e.constant = false;
        e.type = kBoolType;
        if (e.kid(0).constant) fold_unary(e);
        return {b.no, b.yes};
    }
    if (e.kind == ExprKind::Binary && (e.op == Tok::AndAnd || e.op == Tok::OrOr)) {
        bool both = e.op == Tok::AndAnd;
        Branches left = condition(e.kids[0]);
        flow_ = both ? left.yes : left.no;
        Branches right = condition(e.kids[1]);
        e.type = kBoolType;
        e.constant = false;
        if (e.kid(0).constant && e.kid(1).constant)
            make_constant(e, kBoolType,
                          both ? e.kid(0).value && e.kid(1).value
                               : e.kid(0).value || e.kid(1).value);
        std::string_view what = "the parts of this condition";
        if (both) return {right.yes, join_flows(left.no, right.no, e.place, what)};
        return {join_flows(left.yes, right.yes, e.place, what), right.no};
    }
    if (e.kind == ExprKind::Binary && (e.op == Tok::Equal || e.op == Tok::NotEqual)) {
        e.constant = false;
        Branches b;
        if (e.kid(0).kind == ExprKind::Null || e.kid(1).kind == ExprKind::Null)
            if (null_test(e, b)) return b;
    }
    check(p);
    if (p->type != TypeKind::Bool && !p->type.error())
        error(p->place, fmt::format("expected a condition (bool), found {}{}", name(p->type),
                                    p->type.integer() ? "; compare it with 0" : ""));
    Branches b{flow_, flow_};
    if (p->constant && p->type == TypeKind::Bool) (p->value ? b.no : b.yes).reachable = false;
    return b;
}

} // namespace singlet::singc
