// 32-bit integers and copies.
#include "verifier/x86/lower.hh"

#include <utility>

#include "lib/core/assert.hh"

namespace singlet::verifier::x86 {

namespace {

constexpr Cc kConditionCodes[] = {Cc::E,  Cc::NE, Cc::L,  Cc::LE, Cc::G,
                                  Cc::GE, Cc::B,  Cc::BE, Cc::A,  Cc::AE};

Cc condition_code(Condition c) { return kConditionCodes[static_cast<unsigned>(c)]; }

// The code after CMP b, a that CMP a, b would have needed.
Cc mirrored(Cc cc) {
    switch (cc) {
    case Cc::L:
        return Cc::G;
    case Cc::LE:
        return Cc::GE;
    case Cc::G:
        return Cc::L;
    case Cc::GE:
        return Cc::LE;
    case Cc::B:
        return Cc::A;
    case Cc::BE:
        return Cc::AE;
    case Cc::A:
        return Cc::B;
    case Cc::AE:
        return Cc::BE;
    default:
        return cc;
    }
}

Operand number(std::uint32_t n) { return Operand::constant(static_cast<std::int32_t>(n)); }

Op machine_op(AluOp op) {
    switch (op) {
    case AluOp::Add:
        return Op::Add;
    case AluOp::Sub:
        return Op::Sub;
    case AluOp::And:
        return Op::And;
    case AluOp::Or:
        return Op::Or;
    default:
        return Op::Xor;
    }
}

// The result's register is part of the address of `from`, so that must be loaded before all else.
bool works_in_address(Operand to, Operand from) {
    return to.is_register() && (from.address_registers() & bit(to.reg)) != 0;
}

} // namespace

void Lowering::constant(const Instruction& i) {
    bool wide = i.op == Opcode::LdL;
    Operand from = i.op == Opcode::LdStr  ? Operand::constant(0, builder_.literal(i.imm))
                   : i.op == Opcode::Null ? number(0)
                                          : number(i.imm);
    auto w = cursor_.define(i.a);
    auto to = place(w);
    if (to.is_constant() || to.kind == Operand::Kind::None) return void(next_pair_ = pair_);
    if (wide) as_.mov(high_place(w), Operand::constant(from.disp >> 31));
    if (to.is_register() && from.is_number() && from.disp == 0)
        return as_.alu(Op::Xor, to, to); // no comparison is waiting for its branch here
    as_.mov(to, from);
}

void Lowering::copy(const Instruction& i) {
    bool wide = is_wide(i.b);
    auto low = value(i.b), top = wide ? high(i.b) : Operand{};
    auto w = cursor_.define(i.a);
    auto to = place(w);
    if (!wide) return move(to, low);
    auto to_top = high_place(w);
    if (to.is_register()) {
        Move both[] = {{to.reg, low}, {to_top.reg, top}};
        return move_all(both);
    }
    move(to, low);
    give_back();
    move(to_top, top);
}

void Lowering::alu(const Instruction& i) {
    bool immediate = i.op == Opcode::AluI;
    auto op = static_cast<AluOp>(immediate ? i.c : i.imm);
    auto b = value(i.b), c = immediate ? number(i.imm) : value(i.c);
    alu_operands(op, define(i.a), b, c);
}

void Lowering::alu_operands(AluOp op, Operand to, Operand b, Operand c) {
    switch (op) {
    case AluOp::Mul:
        return multiply(to, b, c);
    case AluOp::Div:
    case AluOp::Rem:
    case AluOp::DivU:
    case AluOp::RemU:
        return divide(op, to, b, c);
    case AluOp::Shl:
    case AluOp::Shr:
    case AluOp::Sar:
        return shift(op, to, b, c);
    default:
        break;
    }
    if (commutes(op) && (b.is_constant() || (to == c && !c.is_constant()))) std::swap(b, c);
    if (to == b && to.is_memory())
        return as_.alu(machine_op(op), to, c.is_memory() ? in_register(c) : c);
    bool adds = op == AluOp::Add || (op == AluOp::Sub && c.is_number());
    if (adds && to.is_register() && b.is_register() && !(to == b)) {
        if (c.is_number()) {
            auto n = op == AluOp::Add ? static_cast<std::uint32_t>(c.disp)
                                      : 0u - static_cast<std::uint32_t>(c.disp);
            return as_.lea(to.reg, Operand::memory(b.reg, static_cast<std::int32_t>(n)));
        }
        if (c.is_register()) return as_.lea(to.reg, Operand::memory(b.reg, c.reg, 0, 0));
    }
    if (commutes(op) && b.is_register() && works_in_address(to, c)) std::swap(b, c);
    if (op == AluOp::Sub && to.is_register() && to == c && !(b == c) && !works_in_address(to, b)) {
        as_.neg(to);
        return as_.alu(Op::Add, to, b);
    }
    auto work = target(to, {c});
    as_.mov(work, b);
    as_.alu(machine_op(op), work, c);
    as_.mov(to, work);
}

// x >> n | x << (32 - n) is a rotation. Three instructions become one if nobody else wants the halves;
// x stays where it is until the last of them. Returns how many instructions it has done.
unsigned Lowering::rotation(const Block& block) {
    if (pc_ + 3 >= block.end) return 0;
    const auto *a = &function_->code[pc_], *b = a + 1, *c = a + 2;
    auto is_shift = [](const Instruction& i, AluOp op) {
        return i.op == Opcode::AluI && static_cast<AluOp>(i.c) == op;
    };
    bool right_first = is_shift(*a, AluOp::Shr) && is_shift(*b, AluOp::Shl);
    if (!right_first && !(is_shift(*a, AluOp::Shl) && is_shift(*b, AluOp::Shr))) return 0;
    bool joins = c->op == Opcode::Alu && (c->imm == static_cast<std::uint32_t>(AluOp::Or) ||
                                          c->imm == static_cast<std::uint32_t>(AluOp::Add));
    bool halves = joins && ((c->b == a->a && c->c == b->a) || (c->b == b->a && c->c == a->a));
    if (!halves || a->a == b->a || a->b != b->b || a->a == a->b) return 0;
    if (a->imm == 0 || a->imm > 31 || a->imm + b->imm != 32) return 0;
    // What the shifts define must end at the third instruction.
    auto from = value(a->b);
    auto saved = cursor_;
    auto ends = [&](WebIndex w) {
        auto ranges = webs_.ranges(webs_.all()[w]);
        return ranges.size() == 1 && ranges[0].to == 3 * (number_ + 2) + 1;
    };
    auto first = cursor_.define(a->a), second = cursor_.define(b->a);
    if (!ends(first) || !ends(second) || from.is_constant()) return cursor_ = saved, 0;
    pc_ += 2, number_ += 2;
    auto to = define(c->a);
    auto work = target(to, {});
    as_.mov(work, from);
    as_.shift(Shift::Ror, work, right_first ? a->imm : b->imm);
    as_.mov(to, work);
    return 3;
}

void Lowering::shift(AluOp op, Operand to, Operand b, Operand c) {
    auto how = op == AluOp::Shl ? Shift::Shl : op == AluOp::Shr ? Shift::Shr : Shift::Sar;
    if (c.is_number()) {
        auto amount = static_cast<unsigned>(c.disp) & 31;
        if (to == b && to.is_memory()) return as_.shift(how, to, amount);
        if (how == Shift::Shl && amount == 1 && to.is_register() && b.is_register() && !(to == b))
            return as_.lea(to.reg, Operand::memory(b.reg, b.reg, 0, 0));
        auto work = target(to, {});
        as_.mov(work, b);
        as_.shift(how, work, amount);
        return as_.mov(to, work);
    }
    reserve(bit(Reg::ECX)); // nothing lives in it across this instruction
    constexpr RegMask kNotEcx = static_cast<RegMask>(~bit(Reg::ECX));
    auto work = target(to, {c}, kNotEcx);
    as_.mov(work, b);
    as_.mov(Reg::ECX, c);
    as_.shift_cl(how, work);
    as_.mov(to, work);
}

void Lowering::multiply(Operand to, Operand b, Operand c) {
    if (b.is_constant()) std::swap(b, c);
    if (!c.is_number()) {
        if (to == c || (b.is_register() && works_in_address(to, c))) std::swap(b, c);
        auto work = target(to, {c});
        as_.mov(work, b);
        as_.imul(work, c);
        return as_.mov(to, work);
    }
    auto by = static_cast<std::uint32_t>(c.disp);
    if (by == 0 || b.is_constant()) {
        auto product = b.is_number() ? static_cast<std::uint32_t>(b.disp) * by : 0;
        return as_.mov(to, number(product));
    }
    if (int power = power_of_two(by); power >= 0)
        return shift(AluOp::Shl, to, b, number(static_cast<std::uint32_t>(power)));
    auto work = target(to, {});
    if (by == 3 || by == 5 || by == 9) {
        auto from = in_register(b);
        as_.lea(work, Operand::memory(from, from, by == 3 ? 1 : by == 5 ? 2 : 3, 0));
    } else {
        if (b.is_constant()) b = in_register(b);
        as_.imul(work, b, c.disp);
    }
    as_.mov(to, work);
}

// x / 2^n rounds towards zero: 2^n - 1 is added to a negative x first.
bool Lowering::divide_by_constant(AluOp op, Operand to, Operand b, std::uint32_t c) {
    int power = power_of_two(c);
    bool is_signed = op == AluOp::Div || op == AluOp::Rem;
    if (power < 0) return false;
    auto shift_by = number(static_cast<std::uint32_t>(power));
    if (op == AluOp::DivU) return shift(AluOp::Shr, to, b, shift_by), true;
    if (op == AluOp::RemU) return alu_operands(AluOp::And, to, b, number(c - 1)), true;
    if (!is_signed) return false;
    if (power == 0) return move(to, op == AluOp::Div ? b : number(0)), true;
    auto bias = take();
    as_.mov(bias, b);
    if (power > 1) as_.shift(Shift::Sar, bias, 31);
    as_.shift(Shift::Shr, bias, static_cast<unsigned>(32 - power));
    // bias is 2^n - 1 if b < 0, else 0.
    if (op == AluOp::Div) {
        as_.alu(Op::Add, bias, b);
        as_.shift(Shift::Sar, bias, static_cast<unsigned>(power));
        if (power == 31) as_.neg(bias); // by the least integer, which is negative
        return as_.mov(to, bias), true;
    }
    // b % 2^n = ((b + bias) & (2^n - 1)) - bias
    auto work = target(to, {b});
    if (b.is_register())
        as_.lea(work, Operand::memory(b.reg, bias, 0, 0));
    else
        as_.mov(work, b), as_.alu(Op::Add, work, bias);
    as_.alu(Op::And, work, number(c - 1));
    as_.alu(Op::Sub, work, bias);
    return as_.mov(to, work), true;
}

void Lowering::divide(AluOp op, Operand to, Operand b, Operand c) {
    bool is_signed = op == AluOp::Div || op == AluOp::Rem;
    bool quotient = op == AluOp::Div || op == AluOp::DivU;
    if (c.is_number() && c.disp == 0) {
        as_.jmp(cold(rt::TrapReason::DivideByZero));
        return;
    }
    if (c.is_number() && divide_by_constant(op, to, b, static_cast<std::uint32_t>(c.disp))) return;
    reserve(bit(Reg::EAX) | bit(Reg::EDX)); // no operand is in them
    if (!c.is_number()) {
        auto by = in_register(c);
        as_.test(by, by);
        as_.jcc(Cc::E, cold(rt::TrapReason::DivideByZero));
        c = by;
    }
    // The least integer / -1 would fault: x / -1 is -x, and no remainder.
    bool maybe_minus_one = is_signed && (!c.is_number() || c.disp == -1);
    bool only_minus_one = is_signed && c.is_number() && c.disp == -1;
    if (!only_minus_one) c = in_register(c);
    Label divide = as_.label(), done = as_.label();
    as_.mov(Reg::EAX, b);
    if (maybe_minus_one) {
        if (!only_minus_one) {
            as_.alu(Op::Cmp, c, Operand::constant(-1));
            as_.jcc(Cc::NE, divide);
        }
        as_.neg(Reg::EAX);
        as_.alu(Op::Xor, Reg::EDX, Reg::EDX);
        if (!only_minus_one) as_.jmp(done);
    }
    as_.bind(divide);
    if (!is_signed)
        as_.alu(Op::Xor, Reg::EDX, Reg::EDX), as_.div(c);
    else if (!only_minus_one)
        as_.cdq(), as_.idiv(c);
    as_.bind(done);
    as_.mov(to, quotient ? Reg::EAX : Reg::EDX);
}

Cc Lowering::compare(Condition condition, Operand b, Operand c) {
    auto cc = condition_code(condition);
    if (b.is_constant() && !c.is_constant()) std::swap(b, c), cc = mirrored(cc);
    if (b.is_constant() || (b.is_memory() && c.is_memory())) b = in_register(b);
    if (b.is_register() && c.is_number() && c.disp == 0)
        as_.test(b.reg, b.reg); // leaves CF and OF clear, as CMP with 0 does
    else
        as_.alu(Op::Cmp, b, c);
    return cc;
}

// The flags as a number, or left for the branch behind.
void Lowering::set_result(Cc cc, unsigned a, bool eax_is_free) {
    auto w = cursor_.define(a);
    if (webs_.all()[w].fused) {
        pending_ = cc;
        has_pending_ = true;
        return;
    }
    auto to = place(w);
    auto work = eax_is_free ? Reg::EAX : target(to, {}, kByteRegs);
    as_.set(cc, work);
    as_.movzx_byte(to.is_register() ? to.reg : work, work);
    if (to.is_memory()) as_.mov(to, work);
}

void Lowering::compare(const Instruction& i) {
    Cc cc;
    if (i.op == Opcode::CmpL)
        cc = long_compare(i);
    else if (i.op == Opcode::CmpI)
        cc = compare(static_cast<Condition>(i.c), value(i.b), number(i.imm));
    else
        cc = compare(static_cast<Condition>(i.imm), value(i.b), value(i.c));
    set_result(cc, i.a, i.op == Opcode::CmpL);
}

} // namespace singlet::verifier::x86
