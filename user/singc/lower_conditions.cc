#include <algorithm>
#include <limits>
#include <optional>

#include "user/singc/lower.hh"

namespace singlet::singc {

using verifier::AluOp;
using verifier::Condition;
using verifier::Opcode;

namespace {

Condition condition_of(Tok op, bool is_unsigned) {
    switch (op) {
    case Tok::Equal:
        return Condition::Eq;
    case Tok::NotEqual:
        return Condition::Ne;
    case Tok::Less:
        return is_unsigned ? Condition::LtU : Condition::Lt;
    case Tok::LessEqual:
        return is_unsigned ? Condition::LeU : Condition::Le;
    case Tok::Greater:
        return is_unsigned ? Condition::GtU : Condition::Gt;
    default:
        return is_unsigned ? Condition::GeU : Condition::Ge;
    }
}

Tok mirrored(Tok op) {
    switch (op) {
    case Tok::Less:
        return Tok::Greater;
    case Tok::LessEqual:
        return Tok::GreaterEqual;
    case Tok::Greater:
        return Tok::Less;
    case Tok::GreaterEqual:
        return Tok::LessEqual;
    default:
        return op;
    }
}

bool comparison(const Expr& e) {
    if (e.kind != ExprKind::Binary) return false;
    switch (e.op) {
    case Tok::Equal:
    case Tok::NotEqual:
    case Tok::Less:
    case Tok::LessEqual:
    case Tok::Greater:
    case Tok::GreaterEqual:
        return true;
    default:
        return false;
    }
}

struct Interval { // low <= x && x <= high, both within an int
    Variable* x = nullptr;
    std::int64_t low = std::numeric_limits<std::int32_t>::min();
    std::int64_t high = std::numeric_limits<std::int32_t>::max();
};

// A comparison of a variable with a constant, one half of an interval.
bool bound(const Expr& e, Interval& in) {
    if (!comparison(e) || e.result != TypeKind::Int || e.kid(0).kind != ExprKind::Name ||
        e.kid(0).constant || !e.kid(1).constant || (in.x && in.x != e.kid(0).variable))
        return false;
    in.x = e.kid(0).variable;
    const auto n = e.kid(1).value;
    switch (e.op) {
    case Tok::GreaterEqual:
        return in.low = std::max(in.low, n), true;
    case Tok::Greater:
        return in.low = std::max(in.low, n + 1), true;
    case Tok::LessEqual:
        return in.high = std::min(in.high, n), true;
    case Tok::Less:
        return in.high = std::min(in.high, n - 1), true;
    default:
        return false;
    }
}

std::optional<Interval> interval(const Expr& e) {
    Interval in;
    bool both = e.kind == ExprKind::Binary && e.op == Tok::AndAnd && bound(e.kid(0), in) &&
                bound(e.kid(1), in) && in.low <= in.high;
    return both ? std::optional(in) : std::nullopt;
}

// The assignment x += n or -=, |=, ^=, ++, --, where x is a variable and n a constant, that is all of a statement.
Expr* constant_step(Stmt& s) {
    if (s.kind == StmtKind::Block) return s.body.size() == 1 ? constant_step(*s.body[0]) : nullptr;
    if (s.kind != StmtKind::Expression || !s.reached) return nullptr;
    Expr& e = *s.exprs[0];
    bool adds =
        e.kind == ExprKind::Increment || (e.kind == ExprKind::Assign && e.kid(1).constant &&
                                          (e.op == Tok::PlusAssign || e.op == Tok::MinusAssign ||
                                           e.op == Tok::OrAssign || e.op == Tok::XorAssign));
    if (!adds || e.kid(0).kind != ExprKind::Name) return nullptr;
    return e.kid(0).type == TypeKind::Int || e.kid(0).type == TypeKind::UInt ? &e : nullptr;
}

} // namespace

// What lies below the interval is as an unsigned number above it.
Reg Lowering::in_interval(Variable& x, std::int64_t low, std::int64_t high, Reg want) {
    Reg from = arithmetic_constant(Tok::Minus, kIntType, variable(&x), low, kNone);
    Reg r = target(want);
    emit(Opcode::CmpI, r, from, static_cast<Reg>(Condition::LeU),
         static_cast<std::uint32_t>(high - low));
    return r;
}

// `if (a < b) x += n` is `x += (a < b) * n`, without a branch that the processor would have to guess.
bool Lowering::add_if(Expr& e, Stmt& body) {
    Expr* step = constant_step(body);
    auto in = interval(e);
    auto is_plain = [](const Expr& x) { return x.constant || x.kind == ExprKind::Name; };
    bool is_comparison = comparison(e) &&
                         (e.result == TypeKind::Int || e.result == TypeKind::UInt) &&
                         is_plain(e.kid(0)) && is_plain(e.kid(1)) && !e.constant;
    if (!step || (!in && !is_comparison)) return false;
    emitter_.line(diagnostics_.line(body.place));
    Reg x = variable(step->kid(0).variable);
    Reg n = in ? in_interval(*in->x, in->low, in->high, kNone) : compare(e, kNone);
    const bool once = step->kind == ExprKind::Increment;
    const auto by = once ? 1 : step->kid(1).value;
    if (by != 1) n = arithmetic_constant(Tok::Star, kUIntType, n, by, kNone);
    const Tok op = step->op;
    const auto how = op == Tok::PlusPlus || op == Tok::PlusAssign      ? AluOp::Add
                     : op == Tok::MinusMinus || op == Tok::MinusAssign ? AluOp::Sub
                     : op == Tok::OrAssign                             ? AluOp::Or
                                                                       : AluOp::Xor;
    emit(Opcode::Alu, x, x, n, static_cast<std::uint32_t>(how));
    return true;
}

void Lowering::condition(Expr& e, Label yes, Label no) {
    if (e.constant) return emitter_.jump(e.value ? yes : no);
    if (e.kind == ExprKind::Unary && e.op == Tok::Not) return condition(e.kid(0), no, yes);
    if (auto in = interval(e))
        return emitter_.branch(Opcode::BrNz, in_interval(*in->x, in->low, in->high, kNone), yes,
                               no);
    if (e.kind == ExprKind::Binary && (e.op == Tok::AndAnd || e.op == Tok::OrOr)) {
        Label next = emitter_.label();
        if (e.op == Tok::AndAnd)
            condition(e.kid(0), next, no);
        else
            condition(e.kid(0), yes, next);
        emitter_.place(next);
        return condition(e.kid(1), yes, no);
    }
    bool equality = e.kind == ExprKind::Binary && (e.op == Tok::Equal || e.op == Tok::NotEqual);
    if (equality && e.op == Tok::NotEqual) std::swap(yes, no);
    if (equality && e.result == TypeKind::Null) {
        Expr& x = e.kid(0).kind == ExprKind::Null ? e.kid(1) : e.kid(0);
        return emitter_.branch(Opcode::BrNull, value(x, kNone, Null::Allowed), yes, no);
    }
    if (equality && e.result != TypeKind::Long && e.kid(1).constant && e.kid(1).value == 0)
        return emitter_.branch(Opcode::BrNz, value(e.kid(0)), no, yes);
    if (equality && e.op == Tok::NotEqual) std::swap(yes, no); // the comparison itself says which
    emitter_.branch(Opcode::BrNz, value(e), yes, no);
}

// && || as a value, 1 or 0.
Reg Lowering::truth(Expr& e, Reg want) {
    if (auto in = interval(e)) return in_interval(*in->x, in->low, in->high, want);
    Label yes = emitter_.label(), no = emitter_.label(), end = emitter_.label();
    condition(e, yes, no);
    Reg r = target(want);
    emitter_.place(yes);
    emit(Opcode::LdI, r, 0, 0, 1);
    emitter_.jump(end);
    emitter_.place(no);
    emit(Opcode::LdI, r, 0, 0, 0);
    emitter_.place(end);
    return r;
}

// == != < <= > >= as 1 or 0.
Reg Lowering::compare(Expr& e, Reg want) {
    Expr *left = &e.kid(0), *right = &e.kid(1);
    if (e.result == TypeKind::Null) {
        Expr& x = left->kind == ExprKind::Null ? *right : *left;
        Reg v = value(x, kNone, Null::Allowed);
        Reg r = target(want);
        emit(Opcode::IsNull, r, v);
        if (e.op == Tok::NotEqual) emit(Opcode::AluI, r, r, static_cast<Reg>(AluOp::Xor), 1);
        return r;
    }
    if (e.result == TypeKind::Object) {
        Reg a = operand(*left, right->assigns, Null::Allowed),
            b = value(*right, kNone, Null::Allowed);
        Reg r = target(want);
        emit(Opcode::RefEq, r, a, b);
        if (e.op == Tok::NotEqual) emit(Opcode::AluI, r, r, static_cast<Reg>(AluOp::Xor), 1);
        return r;
    }
    Tok op = e.op;
    if (left->constant) {
        std::swap(left, right);
        op = mirrored(op);
    }
    Condition c = condition_of(op, e.result == TypeKind::UInt);
    Reg a = operand(*left, right->assigns);
    if (right->constant && e.result != TypeKind::Long) {
        Reg r = target(want);
        emit(Opcode::CmpI, r, a, static_cast<Reg>(c), static_cast<std::uint32_t>(right->value));
        return r;
    }
    Reg b = value(*right);
    Reg r = target(want);
    emit(e.result == TypeKind::Long ? Opcode::CmpL : Opcode::Cmp, r, a, b,
         static_cast<std::uint32_t>(c));
    return r;
}

Reg Lowering::binary(Expr& e, Reg want) {
    if (e.op == Tok::AndAnd || e.op == Tok::OrOr) return truth(e, want);
    if (comparison(e)) return compare(e, want);
    Expr *left = &e.kid(0), *right = &e.kid(1);
    bool commutes = e.op == Tok::Plus || e.op == Tok::Star || e.op == Tok::And || e.op == Tok::Or ||
                    e.op == Tok::Xor;
    if (commutes && left->constant) std::swap(left, right);
    Reg a = operand(*left, right->assigns);
    return arithmetic(e.op, e.type, a, *right, want);
}

} // namespace singlet::singc
