#include "user/singc/lower.hh"

#include <bit>

namespace singlet::singc {

using verifier::AluOp;
using verifier::Opcode;

// The register with the value of `e`: `want` if there is one, a variable's own register, or a new one. With Null::Refused the
// verifier, too, knows of a non-null type that it is not null.
Reg Lowering::value(Expr& e, Reg want, Null null) {
    if (e.constant) return load_constant(e.type, e.value, want);
    switch (e.kind) {
    case ExprKind::String: {
        Reg r = target(want);
        emit(Opcode::LdStr, r, 0, 0, builder_.string(e.text));
        return r;
    }
    case ExprKind::Null: {
        Reg r = target(want);
        emit(Opcode::Null, r);
        return r;
    }
    case ExprKind::Name:
        return move(e.variable->reg, want);
    case ExprKind::Field: {
        Reg object = value(e.kid(0), kNone, Null::Allowed), r = target(want);
        if (e.target == Target::Length)
            emit(Opcode::Len, r, object);
        else if (e.target == Target::Full)
            emit(Opcode::CellFull, r, object);
        else
            emit(Opcode::LdFld, r, object, 0, e.index);
        return checked_load(r, e.type, null);
    }
    case ExprKind::Index: {
        Reg array = operand(e.kid(0), e.kid(1).assigns, Null::Allowed), index = value(e.kid(1)),
            r = target(want);
        emit(Opcode::LdElem, r, array, index);
        return checked_load(r, e.type, null);
    }
    case ExprKind::Call:
        return call(e, want);
    case ExprKind::Unary:
        return unary(e, want);
    case ExprKind::Binary:
        return binary(e, want);
    case ExprKind::Conditional:
        return conditional(e, want);
    case ExprKind::Assign:
        return assign(e, want, true);
    case ExprKind::Increment:
        return increment(e, want, true);
    case ExprKind::Is:
    case ExprKind::As:
        return type_test(e, want);
    case ExprKind::Cast:
        return cast(e, want);
    case ExprKind::Convert:
        return convert(e, want);
    case ExprKind::New:
        return new_object(e, want);
    case ExprKind::NewArray: {
        Reg length = value(e.kid(0)), r = target(want);
        Opcode op = e.type == TypeKind::Vector ? Opcode::XVec : Opcode::NewArr;
        emit(op, r, length, 0, builder_.type(e.type));
        return r;
    }
    case ExprKind::ArrayList:
        return array_list(e, want);
    default:
        return target(want);
    }
}

Reg Lowering::move(Reg from, Reg want) {
    if (want == kNone || want == from) return from;
    emit(Opcode::Mov, want, from);
    return want;
}

// A value that has to stay what it is while another, that may assign to variables, is worked out.
Reg Lowering::operand(Expr& e, bool later_assigns, Null null) {
    bool variable = e.kind == ExprKind::Name && e.variable && !e.constant;
    if (later_assigns && variable && !e.type.owned()) return value(e, emitter_.allocate(), null);
    return value(e, kNone, null);
}

void Lowering::not_null(Reg r) {
    Label trap = emitter_.label(), next = emitter_.label();
    traps_.emplace_back(trap, kTrapUnset);
    emitter_.branch(Opcode::BrNull, r, trap, next);
    emitter_.place(next);
}

// What comes from a field or element may be null for the verifier though its type says that it is not.
Reg Lowering::checked_load(Reg r, const Type& type, Null null) {
    if (null == Null::Refused && type.collected() && !type.nullable) not_null(r);
    return r;
}

Reg Lowering::load_constant(const Type& type, std::int64_t v, Reg want) {
    Reg r = target(want);
    if (type != TypeKind::Long) {
        emit(Opcode::LdI, r, 0, 0, static_cast<std::uint32_t>(v));
        return r;
    }
    if (v == static_cast<std::int32_t>(v)) {
        emit(Opcode::LdL, r, 0, 0, static_cast<std::uint32_t>(v));
        return r;
    }
    // Each step has a register of its own, so that a loop need not repeat them [loops.cc].
    auto step = [&](Opcode op, Reg b, Reg c, std::uint32_t imm) {
        Reg to = emitter_.allocate();
        emit(op, to, b, c, imm);
        return to;
    };
    Reg low = step(Opcode::ZxL, step(Opcode::LdI, 0, 0, static_cast<std::uint32_t>(v)), 0, 0);
    Reg word = step(Opcode::LdL, 0, 0, static_cast<std::uint32_t>(v >> 32));
    Reg amount = step(Opcode::LdI, 0, 0, 32);
    Reg high = step(Opcode::AluL, word, amount, static_cast<std::uint32_t>(AluOp::Shl));
    emit(Opcode::AluL, r, high, low, static_cast<std::uint32_t>(AluOp::Or));
    return r;
}

namespace {

bool fits_byte(const Expr& e) {
    if (e.constant) return e.value >= 0 && e.value <= 255;
    if (e.type == TypeKind::Byte || e.type == TypeKind::Bool) return true;
    if (e.kind == ExprKind::Convert) return fits_byte(e.kid(0));
    if (e.kind == ExprKind::Binary && e.op == Tok::And)
        return fits_byte(e.kid(0)) || fits_byte(e.kid(1));
    return false;
}

} // namespace

// Between integer types, by cast or implicitly; objects to interfaces.
Reg Lowering::convert(Expr& e, Reg want) {
    Expr& x = e.kid(0);
    const Type from = x.type, to = e.type;
    if (to == TypeKind::Object) {
        // Where a class has several interfaces, the verifier is told which is meant: it could not choose where paths meet.
        bool clear = program_.classes[from.index].interfaces.size() < 2;
        if (clear) return value(x, want);
        Reg v = value(x), r = target(want);
        emit(Opcode::Cast, r, v, 0, to.index);
        return r;
    }
    if (to == TypeKind::Long) {
        if (from == TypeKind::Long) return value(x, want);
        Reg v = value(x), r = target(want);
        emit(from == TypeKind::Int ? Opcode::SxL : Opcode::ZxL, r, v);
        return r;
    }
    bool narrow = to == TypeKind::Byte && !fits_byte(x);
    if (from != TypeKind::Long && !narrow) return value(x, want);
    Reg v = value(x);
    Reg r = target(want);
    if (from == TypeKind::Long) {
        emit(Opcode::LowL, r, v);
        v = r;
    }
    if (narrow) emit(Opcode::AluI, r, v, static_cast<Reg>(AluOp::And), 0xff);
    return r;
}

// A value on its way into a field or element: what is stored as a byte is cut off there.
Reg Lowering::stored(Expr& e, const Type& storage) {
    bool cut = storage == TypeKind::Byte &&
               (e.kind == ExprKind::Cast || e.kind == ExprKind::Convert) && !e.constant &&
               e.type == TypeKind::Byte && e.kid(0).type.integer() &&
               e.kid(0).type != TypeKind::Long;
    return value(cut ? e.kid(0) : e, kNone, storage.collected() ? Null::Allowed : Null::Refused);
}

Reg Lowering::unary(Expr& e, Reg want) {
    Expr& x = e.kid(0);
    if (e.op == Tok::Plus) return value(x, want);
    if (e.op == Tok::Not) {
        Reg v = value(x), r = target(want);
        emit(Opcode::AluI, r, v, static_cast<Reg>(AluOp::Xor), 1);
        return r;
    }
    if (e.op == Tok::Tilde) return arithmetic_constant(Tok::Xor, e.type, value(x), -1, want);
    Reg v = value(x), zero = emitter_.allocate(), r = target(want);
    bool wide = e.type == TypeKind::Long;
    emit(wide ? Opcode::LdL : Opcode::LdI, zero);
    emit(wide ? Opcode::AluL : Opcode::Alu, r, zero, v, static_cast<std::uint32_t>(AluOp::Sub));
    return r;
}

namespace {

AluOp alu_op(Tok op, const Type& type) {
    bool u = type == TypeKind::UInt;
    switch (op) {
    case Tok::Plus:
        return AluOp::Add;
    case Tok::Minus:
        return AluOp::Sub;
    case Tok::Star:
        return AluOp::Mul;
    case Tok::Slash:
        return u ? AluOp::DivU : AluOp::Div;
    case Tok::Percent:
        return u ? AluOp::RemU : AluOp::Rem;
    case Tok::And:
        return AluOp::And;
    case Tok::Or:
        return AluOp::Or;
    case Tok::Xor:
        return AluOp::Xor;
    case Tok::Shl:
        return AluOp::Shl;
    case Tok::Shr:
        return u ? AluOp::Shr : AluOp::Sar;
    default:
        return AluOp::Shr;
    }
}

} // namespace

Reg Lowering::arithmetic(Tok op, const Type& type, Reg left, Expr& right, Reg want) {
    if (right.constant) return arithmetic_constant(op, type, left, right.value, want);
    Reg b = value(right), r = target(want);
    emit(type == TypeKind::Long ? Opcode::AluL : Opcode::Alu, r, left, b,
         static_cast<std::uint32_t>(alu_op(op, type)));
    return r;
}

Reg Lowering::arithmetic_constant(Tok op, const Type& type, Reg left, std::int64_t right,
                                  Reg want) {
    if (type == TypeKind::Long) {
        bool shift = op == Tok::Shl || op == Tok::Shr || op == Tok::ShrU;
        Reg b = load_constant(shift ? kIntType : kLongType, right, kNone), r = target(want);
        emit(Opcode::AluL, r, left, b, static_cast<std::uint32_t>(alu_op(op, type)));
        return r;
    }
    bool power =
        right > 1 && std::has_single_bit(static_cast<std::uint64_t>(right)) && right <= 0x40000000;
    if (power && (op == Tok::Slash || op == Tok::Percent))
        return divide_power(op, type, left, right, want);
    Reg r = target(want);
    if (power && op == Tok::Star) {
        op = Tok::Shl;
        right = std::countr_zero(static_cast<std::uint64_t>(right));
    }
    emit(Opcode::AluI, r, left, static_cast<Reg>(alu_op(op, type)),
         static_cast<std::uint32_t>(right));
    return r;
}

// x / 2^k and x % 2^k without a division. Signed, a negative x is first raised by 2^k - 1, so that the shift rounds towards zero.
Reg Lowering::divide_power(Tok op, const Type& type, Reg left, std::int64_t right, Reg want) {
    int k = std::countr_zero(static_cast<std::uint64_t>(right));
    auto alu = [&](Reg to, Reg from, AluOp a, std::int64_t n) {
        emit(Opcode::AluI, to, from, static_cast<Reg>(a), static_cast<std::uint32_t>(n));
    };
    Reg r = target(want);
    if (type == TypeKind::UInt) {
        op == Tok::Slash ? alu(r, left, AluOp::Shr, k) : alu(r, left, AluOp::And, right - 1);
        return r;
    }
    Reg t = emitter_.allocate();
    alu(t, left, AluOp::Sar, 31);
    alu(t, t, AluOp::Shr, 32 - k);
    emit(Opcode::Alu, t, left, t, static_cast<std::uint32_t>(AluOp::Add));
    if (op == Tok::Slash) {
        alu(r, t, AluOp::Sar, k);
        return r;
    }
    alu(t, t, AluOp::And, -right);
    emit(Opcode::Alu, r, left, t, static_cast<std::uint32_t>(AluOp::Sub));
    return r;
}

Reg Lowering::conditional(Expr& e, Reg want) {
    Label yes = emitter_.label(), no = emitter_.label(), end = emitter_.label();
    Reg r = target(want);
    condition(e.kid(0), yes, no);
    emitter_.place(yes);
    value(e.kid(1), r);
    emitter_.jump(end);
    emitter_.place(no);
    value(e.kid(2), r);
    emitter_.place(end);
    return r;
}

Reg Lowering::cast(Expr& e, Reg want) {
    Expr& x = e.kid(0);
    if (e.type.integer()) return convert(e, want);
    bool up = x.type.index == e.type.index || program_.implements(x.type.index, e.type.index);
    Reg r;
    if (e.type == TypeKind::Object && !up) {
        Reg v = value(x);
        r = target(want);
        emit(Opcode::Cast, r, v, 0, e.index);
    } else {
        r = value(x, want);
    }
    if (!e.type.nullable && x.type.nullable) not_null(r);
    return r;
}

// x is C, x as C.
Reg Lowering::type_test(Expr& e, Reg want) {
    Reg v = value(e.kid(0), kNone, Null::Allowed);
    if (e.kid(0).type == TypeKind::Any) {
        Reg r = target(want);
        emit(Opcode::Unwrap, r, v, 0, builder_.type(e.type.with_null(false)));
        return r;
    }
    if (e.kind == ExprKind::Is) {
        Reg r = target(want);
        emit(Opcode::IsInst, r, v, 0, e.index);
        return r;
    }
    Reg test = emitter_.allocate(), r = target(want);
    Label yes = emitter_.label(), no = emitter_.label(), end = emitter_.label();
    emit(Opcode::IsInst, test, v, 0, e.index);
    emitter_.branch(Opcode::BrNz, test, yes, no);
    emitter_.place(yes);
    emit(Opcode::Cast, r, v, 0, e.index);
    emitter_.jump(end);
    emitter_.place(no);
    emit(Opcode::Null, r);
    emitter_.place(end);
    return r;
}

Reg Lowering::new_object(Expr& e, Reg want) {
    switch (e.target) {
    case Target::Object: {
        if (!e.function) {
            Reg r = target(want);
            emit(Opcode::New, r, 0, 0, e.index);
            return r;
        }
        std::vector<bool> claims;
        for (const ParameterInfo& p : e.function->params)
            claims.push_back(p.claims);
        Reg self = emitter_.allocate();
        emit(Opcode::New, self, 0, 0, e.index);
        Window w = arguments(e, 0, nullptr, self, claims);
        emit(Opcode::Call, 0, w.base, 0, e.function->index);
        give_back(w);
        return move(self, want);
    }
    case Target::Struct: {
        Reg r = target(want);
        emit(Opcode::XNew, r, 0, 0, e.type.index);
        return r;
    }
    case Target::Wrap: {
        Reg v = value(e.kid(0)), r = target(want);
        emit(Opcode::Wrap, r, v);
        return r;
    }
    default: {
        Reg r = target(want);
        emit(e.target == Target::Cell ? Opcode::CellNew : Opcode::SetNew, r, 0, 0,
             builder_.type(e.type));
        return r;
    }
    }
}

Reg Lowering::array_list(Expr& e, Reg want) {
    Reg array = emitter_.allocate(), length = emitter_.allocate();
    emit(Opcode::LdI, length, 0, 0, static_cast<std::uint32_t>(e.kids.size()));
    emit(Opcode::NewArr, array, length, 0, builder_.type(e.type));
    for (std::size_t i = 0; i < e.kids.size(); i++) {
        std::size_t mark = emitter_.mark();
        Reg v = stored(e.kid(i), *e.type.element), index = emitter_.allocate();
        emit(Opcode::LdI, index, 0, 0, static_cast<std::uint32_t>(i));
        emit(Opcode::StElem, array, index, v);
        if (!e.assigns) emitter_.release(mark);
    }
    return move(array, want);
}

} // namespace singlet::singc
