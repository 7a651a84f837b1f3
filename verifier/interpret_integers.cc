// Moves, constants, integers, and the instructions that choose where to go on.
#include "verifier/integers.hh"
#include "verifier/interpret_machine.hh"

namespace singlet::verifier {

namespace {

bool is_shift(AluOp op) { return op >= AluOp::Shl && op <= AluOp::Sar; }

} // namespace

template <class T>
T Machine::alu(std::uint32_t op, T x, T y) {
    const auto result = compute(static_cast<AluOp>(op), x, y);
    if (!result) trap(rt::TrapReason::DivideByZero);
    return result.value_or(0);
}

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
    write(i.a, Value::i32(alu(i.imm, i32(i.b), i32(i.c))));
}
void Machine::op_AluI(const Instruction& i) {
    write(i.a, Value::i32(alu(i.c, i32(i.b), static_cast<std::int32_t>(i.imm))));
}
void Machine::op_AluL(const Instruction& i) {
    const std::int64_t y = is_shift(static_cast<AluOp>(i.imm)) ? i32(i.c) : i64(i.c);
    write(i.a, Value::i64(alu(i.imm, i64(i.b), y)));
}

void Machine::op_Cmp(const Instruction& i) {
    write(i.a, Value::i32(holds(static_cast<Condition>(i.imm), i32(i.b), i32(i.c))));
}
void Machine::op_CmpI(const Instruction& i) {
    const auto y = static_cast<std::int32_t>(i.imm);
    write(i.a, Value::i32(holds(static_cast<Condition>(i.c), i32(i.b), y)));
}
void Machine::op_CmpL(const Instruction& i) {
    write(i.a, Value::i32(holds(static_cast<Condition>(i.imm), i64(i.b), i64(i.c))));
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
