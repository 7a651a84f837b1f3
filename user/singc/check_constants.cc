#include "user/singc/check.hh"

namespace singlet::singc {

void Checker::make_constant(Expr& e, const Type& type, std::int64_t value) {
    e.constant = true;
    e.type = type;
    e.value = value;
}

void Checker::literal(Expr& e) {
    switch (e.kind) {
    case ExprKind::String:
        e.type = kStringType;
        return;
    case ExprKind::Null:
        e.type = kNullType;
        return;
    case ExprKind::Bool:
        make_constant(e, kBoolType, e.value);
        return;
    default:
        break;
    }
    std::uint64_t v = e.number.value;
    Type type = e.number.suffix == 'L'                      ? kLongType
                : e.number.suffix == 'u' && v <= UINT32_MAX ? kUIntType
                : e.number.suffix == 0 && v <= INT32_MAX    ? kIntType
                : e.number.suffix == 0 && v <= UINT32_MAX   ? kUIntType
                                                            : kLongType;
    make_constant(e, type, static_cast<std::int64_t>(v));
}

namespace {

std::int64_t wrap(std::int64_t value, const Type& type) {
    switch (type.kind) {
    case TypeKind::Byte:
        return value & 0xff;
    case TypeKind::Int:
        return static_cast<std::int32_t>(value);
    case TypeKind::UInt:
        return static_cast<std::uint32_t>(value);
    default:
        return value;
    }
}

} // namespace

// Both operands are constants of type `operation` (a shift's amount an int).
void Checker::fold_binary(Expr& e, const Type& operation) {
    const std::int64_t a = e.kid(0).value, b = e.kid(1).value;
    const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
    const unsigned shift = static_cast<unsigned>(ub) & (operation == TypeKind::Long ? 63u : 31u);
    auto result = [&](std::uint64_t v) {
        make_constant(e, operation, wrap(static_cast<std::int64_t>(v), operation));
    };
    auto truth = [&](bool v) { make_constant(e, kBoolType, v); };
    switch (e.op) {
    case Tok::Plus:
        return result(ua + ub);
    case Tok::Minus:
        return result(ua - ub);
    case Tok::Star:
        return result(ua * ub);
    case Tok::And:
        return result(ua & ub);
    case Tok::Or:
        return result(ua | ub);
    case Tok::Xor:
        return result(ua ^ ub);
    case Tok::Shl:
        return result(ua << shift);
    case Tok::Shr:
        return result(static_cast<std::uint64_t>(a >> shift)); // a uint is not negative
    case Tok::ShrU:
        if (operation != TypeKind::Long) return result((ua & 0xffffffffu) >> shift);
        return result(ua >> shift);
    case Tok::Slash:
    case Tok::Percent:
        if (b == 0) return error(e.place, "a division by the constant 0");
        if (b == -1) return result(e.op == Tok::Slash ? 0 - ua : 0);
        return result(static_cast<std::uint64_t>(e.op == Tok::Slash ? a / b : a % b));
    case Tok::Equal:
        return truth(a == b);
    case Tok::NotEqual:
        return truth(a != b);
    case Tok::Less:
        return truth(a < b);
    case Tok::LessEqual:
        return truth(a <= b);
    case Tok::Greater:
        return truth(a > b);
    case Tok::GreaterEqual:
        return truth(a >= b);
    default:
        return;
    }
}

void Checker::fold_unary(Expr& e) {
    const auto v = static_cast<std::uint64_t>(e.kid(0).value);
    switch (e.op) {
    case Tok::Minus:
        return make_constant(e, e.type, wrap(static_cast<std::int64_t>(0 - v), e.type));
    case Tok::Tilde:
        return make_constant(e, e.type, wrap(static_cast<std::int64_t>(~v), e.type));
    case Tok::Plus:
        return make_constant(e, e.type, e.kid(0).value);
    default:
        return make_constant(e, kBoolType, v == 0);
    }
}

} // namespace singlet::singc
