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

} // namespace

void Lowering::condition(Expr& e, Label yes, Label no) {
    if (e.constant) return emitter_.jump(e.value ? yes : no);
    if (e.kind == ExprKind::Unary && e.op == Tok::Not) return condition(e.kid(0), no, yes);
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
