// Moves, constants, integers, and the instructions that choose where to go on.
#include "verifier/interpret_machine.hh"

namespace singlet::verifier {

namespace {

// T is the signed type of the width. Nothing here may overflow a signed number.
template <class T, class U>
bool compute(AluOp op, T x, T y, std::uint32_t amount, T& result) {
    const U ux = static_cast<U>(x), uy = static_cast<U>(y);
    const std::uint32_t shift = amount % (sizeof(T) * 8);
    const bool wraps = y == -1; // the least integer has no negative
    switch (op) {
    case AluOp::Add:
        result = static_cast<T>(ux + uy);
        return true;
    case AluOp::Sub:
        result = static_cast<T>(ux - uy);
        return true;
    case AluOp::Mul:
        result = static_cast<T>(ux * uy);
        return true;
    case AluOp::And:
        result = x & y;
        return true;
    case AluOp::Or:
        result = x | y;
        return true;
    case AluOp::Xor:
        result = x ^ y;
        return true;
    case AluOp::Shl:
        result = static_cast<T>(ux << shift);
        return true;
    case AluOp::Shr:
        result = static_cast<T>(ux >> shift);
        return true;
    case AluOp::Sar:
        result = x >> shift;
        return true;
    default:
        break;
    }
    if (y == 0) return false;
    if (op == AluOp::Div) result = wraps ? static_cast<T>(U{0} - ux) : x / y;
    if (op == AluOp::Rem) result = wraps ? T{0} : x % y;
    if (op == AluOp::DivU) result = static_cast<T>(ux / uy);
    if (op == AluOp::RemU) result = static_cast<T>(ux % uy);
    return true;
}

template <class T, class U>
bool holds(Condition c, T x, T y) {
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

bool is_shift(AluOp op) { return op >= AluOp::Shl && op <= AluOp::Sar; }

} // namespace

void Machine::op_Mov(const Instruction& i) {
    Value v = take(i.b);
    write(i.a, v);
}
void Machine::op_LdI(const Instruction& i) {
    write(i.a, Value::i32(static_cast<std::int32_t>(i.imm)));
}
void Machine::op_LdL(const Instruction& i) {
    write(i.a, Value::i64(static_cast<std::int32_t>(i.imm)));
}
void Machine::op_Null(const Instruction& i) { write(i.a, Value::null()); }
void Machine::op_LdStr(const Instruction& i) { write(i.a, Value::of(literals_[i.imm])); }

void Machine::op_Alu(const Instruction& i) {
    std::int32_t x = i32(i.b), y = i32(i.c), result = 0;
    if (!compute<std::int32_t, std::uint32_t>(static_cast<AluOp>(i.imm), x, y,
                                              static_cast<std::uint32_t>(y), result))
        trap(rt::TrapReason::DivideByZero);
    write(i.a, Value::i32(result));
}

void Machine::op_AluI(const Instruction& i) {
    std::int32_t x = i32(i.b), result = 0;
    if (!compute<std::int32_t, std::uint32_t>(static_cast<AluOp>(i.c), x,
                                              static_cast<std::int32_t>(i.imm), i.imm, result))
        trap(rt::TrapReason::DivideByZero);
    write(i.a, Value::i32(result));
}

void Machine::op_AluL(const Instruction& i) {
    auto op = static_cast<AluOp>(i.imm);
    std::int64_t x = i64(i.b), result = 0;
    std::int64_t y = is_shift(op) ? i32(i.c) : i64(i.c);
    if (!compute<std::int64_t, std::uint64_t>(op, x, y, static_cast<std::uint32_t>(y), result))
        trap(rt::TrapReason::DivideByZero);
    write(i.a, Value::i64(result));
}

void Machine::op_Cmp(const Instruction& i) {
    write(i.a, Value::i32(holds<std::int32_t, std::uint32_t>(static_cast<Condition>(i.imm),
                                                             i32(i.b), i32(i.c))));
}
void Machine::op_CmpI(const Instruction& i) {
    write(i.a, Value::i32(holds<std::int32_t, std::uint32_t>(static_cast<Condition>(i.c), i32(i.b),
                                                             static_cast<std::int32_t>(i.imm))));
}
void Machine::op_CmpL(const Instruction& i) {
    write(i.a, Value::i32(holds<std::int64_t, std::uint64_t>(static_cast<Condition>(i.imm),
                                                             i64(i.b), i64(i.c))));
}

void Machine::op_SxL(const Instruction& i) { write(i.a, Value::i64(i32(i.b))); }
void Machine::op_ZxL(const Instruction& i) {
    write(i.a, Value::i64(static_cast<std::uint32_t>(i32(i.b))));
}
void Machine::op_LowL(const Instruction& i) {
    write(i.a, Value::i32(static_cast<std::int32_t>(i64(i.b))));
}

void Machine::op_Jmp(const Instruction& i) { go(i.imm); }
void Machine::op_BrNz(const Instruction& i) { go(i32(i.a) ? i.true_block() : i.false_block()); }
void Machine::op_BrNull(const Instruction& i) {
    go(is_null(i.a) ? i.true_block() : i.false_block());
}
void Machine::op_Switch(const Instruction& i) {
    const auto& table = frame_.function->switches[i.imm];
    go(table[std::min<std::size_t>(static_cast<std::uint32_t>(i32(i.a)), table.size() - 1)]);
}
void Machine::op_Trap(const Instruction& i) { trap(rt::TrapReason::Explicit, i.imm); }

} // namespace singlet::verifier
