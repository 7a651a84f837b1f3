// Assignments: =, += and its like, ++ and --, to variables, fields and elements.
#include "user/singc/lower.hh"

namespace singlet::singc {

using verifier::AluOp;
using verifier::Opcode;

Reg Lowering::assign(Expr& e, Reg want, bool wanted) {
    Expr &to = e.kid(0), &from = e.kid(1);
    bool simple = e.op == Tok::Assign;
    Tok op = operator_of(e.op);
    const Type type = to.type;
    auto combine = [&](Reg old, Reg into) {
        Reg r = arithmetic(op, e.result, old, from, into);
        return r;
    };
    if (to.kind == ExprKind::Name) {
        Reg v = variable(to.variable);
        if (simple) {
            value(from, v);
        } else {
            combine(operand(to, from.assigns), v);
            if (type == TypeKind::Byte)
                emit(Opcode::AluI, v, v, static_cast<Reg>(AluOp::And), 0xff);
        }
        return wanted ? move(v, want) : v;
    }
    bool index = to.kind == ExprKind::Index;
    Reg object = operand(to.kid(0), from.assigns || (index && to.kid(1).assigns), Null::Allowed);
    Reg i = index ? operand(to.kid(1), from.assigns) : 0;
    Reg r;
    if (simple) {
        r = stored(from, wanted ? kErrorType : type);
    } else {
        Reg old = emitter_.allocate();
        index ? emit(Opcode::LdElem, old, object, i)
              : emit(Opcode::LdFld, old, object, 0, to.index);
        r = combine(old, kNone);
    }
    index ? emit(Opcode::StElem, object, i, r) : emit(Opcode::StFld, object, r, 0, to.index);
    if (!wanted) return r;
    if (!simple && type == TypeKind::Byte) {
        Reg cut = target(want);
        emit(Opcode::AluI, cut, r, static_cast<Reg>(AluOp::And), 0xff);
        return cut;
    }
    return move(r, want);
}

Reg Lowering::increment(Expr& e, Reg want, bool wanted) {
    Expr& to = e.kid(0);
    Tok op = e.op == Tok::PlusPlus ? Tok::Plus : Tok::Minus;
    auto count = [&](Reg old, Reg into) {
        Reg r = arithmetic_constant(op, e.result, old, 1, into);
        if (e.type == TypeKind::Byte) emit(Opcode::AluI, r, r, static_cast<Reg>(AluOp::And), 0xff);
        return r;
    };
    if (to.kind == ExprKind::Name) {
        Reg v = variable(to.variable), old = v;
        if (wanted && !e.prefix) {
            old = emitter_.allocate();
            emit(Opcode::Mov, old, v);
        }
        count(v, v);
        return wanted ? move(old, want) : v;
    }
    bool index = to.kind == ExprKind::Index;
    Reg object = operand(to.kid(0), index && to.kid(1).assigns, Null::Allowed);
    Reg i = index ? value(to.kid(1)) : 0;
    Reg old = emitter_.allocate();
    index ? emit(Opcode::LdElem, old, object, i) : emit(Opcode::LdFld, old, object, 0, to.index);
    Reg r = count(old, kNone);
    index ? emit(Opcode::StElem, object, i, r) : emit(Opcode::StFld, object, r, 0, to.index);
    return wanted ? move(e.prefix ? r : old, want) : r;
}

} // namespace singlet::singc
