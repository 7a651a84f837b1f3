// What integer instructions compute, at any width: their meaning for whoever runs bytecode word by
// word. The compiler to x86 does not use this; it is compared with it.
#pragma once
#include "verifier/isa.hh"
#include <cstdint>
#include <optional>
#include <type_traits>

namespace singlet::verifier {

/// x op y as wrapping arithmetic of the signed type T; nothing for x / 0 and x % 0.
template <class T>
std::optional<T> compute(AluOp op, T x, T y) {
    using U = std::make_unsigned_t<T>; // nothing here may overflow a signed number
    const U ux = static_cast<U>(x), uy = static_cast<U>(y);
    const std::uint32_t shift = uy % (sizeof(T) * 8);
    if (op >= AluOp::Div && op <= AluOp::RemU && y == 0) return std::nullopt;
    const bool wraps = y == -1; // the least integer has no negative
    switch (op) {
    case AluOp::Add:
        return static_cast<T>(ux + uy);
    case AluOp::Sub:
        return static_cast<T>(ux - uy);
    case AluOp::Mul:
        return static_cast<T>(ux * uy);
    case AluOp::Div:
        return wraps ? static_cast<T>(U{0} - ux) : x / y;
    case AluOp::Rem:
        return wraps ? T{0} : x % y;
    case AluOp::DivU:
        return static_cast<T>(ux / uy);
    case AluOp::RemU:
        return static_cast<T>(ux % uy);
    case AluOp::And:
        return x & y;
    case AluOp::Or:
        return x | y;
    case AluOp::Xor:
        return x ^ y;
    case AluOp::Shl:
        return static_cast<T>(ux << shift);
    case AluOp::Shr:
        return static_cast<T>(ux >> shift);
    case AluOp::Sar:
        return x >> shift;
    case AluOp::kCount:
        break;
    }
    return std::nullopt;
}

/// x c y for the signed type T.
template <class T>
bool holds(Condition c, T x, T y) {
    using U = std::make_unsigned_t<T>;
    const U ux = static_cast<U>(x), uy = static_cast<U>(y);
    switch (c) {
    case Condition::Eq:
        return x == y;
    case Condition::Ne:
        return x != y;
    case Condition::Lt:
        return x < y;
    case Condition::Le:
        return x <= y;
    case Condition::Gt:
        return x > y;
    case Condition::Ge:
        return x >= y;
    case Condition::LtU:
        return ux < uy;
    case Condition::LeU:
        return ux <= uy;
    case Condition::GtU:
        return ux > uy;
    case Condition::GeU:
        return ux >= uy;
    case Condition::kCount:
        break;
    }
    return false;
}

} // namespace singlet::verifier
