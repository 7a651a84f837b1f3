// 64-bit integers: two words in the stack, worked on in EDX:EAX with ECX's help. No web is in these
// three while such an instruction runs.
#include "verifier/x86/lower.hh"

#include "lib/core/assert.hh"

namespace singlet::verifier::x86 {

void Lowering::long_result(unsigned a) {
    auto to = define(a);
    as_.mov(to, Reg::EAX);
    as_.mov(to.plus(4), Reg::EDX);
}

void Lowering::long_alu(const Instruction& i) {
    reserve(kCallerSaved);
    auto op = static_cast<AluOp>(i.imm);
    Op low, top;
    switch (op) {
    case AluOp::Mul:
        return long_multiply(i);
    case AluOp::Div:
    case AluOp::Rem:
    case AluOp::DivU:
    case AluOp::RemU:
        return long_divide(op, i);
    case AluOp::Shl:
    case AluOp::Shr:
    case AluOp::Sar:
        return long_shift(op, i);
    case AluOp::Add:
        low = Op::Add, top = Op::Adc;
        break;
    case AluOp::Sub:
        low = Op::Sub, top = Op::Sbb;
        break;
    case AluOp::And:
        low = top = Op::And;
        break;
    case AluOp::Or:
        low = top = Op::Or;
        break;
    default:
        low = top = Op::Xor;
        break;
    }
    as_.mov(Reg::EAX, value(i.b));
    as_.mov(Reg::EDX, high(i.b));
    // INC and DEC leave the carry alone, so +-1 must not become one of them before ADC.
    if (value(i.c).is_constant()) {
        as_.mov(Reg::ECX, value(i.c));
        as_.alu(low, Reg::EAX, Reg::ECX);
    } else {
        as_.alu(low, Reg::EAX, value(i.c));
    }
    as_.alu(top, Reg::EDX, high(i.c));
    long_result(i.a);
}

// (bh * 2^32 + bl) * (ch * 2^32 + cl) mod 2^64 = bl * cl + (bh * cl + bl * ch) * 2^32
void Lowering::long_multiply(const Instruction& i) {
    as_.mov(Reg::ECX, high(i.b));
    as_.mov(Reg::EAX, value(i.c));
    as_.imul(Reg::ECX, Reg::EAX);
    as_.mov(Reg::EDX, high(i.c));
    if (value(i.b).is_constant())
        as_.imul(Reg::EDX, Reg::EDX, value(i.b).disp);
    else
        as_.imul(Reg::EDX, value(i.b));
    as_.alu(Op::Add, Reg::ECX, Reg::EDX);
    as_.mov(Reg::EDX, value(i.b));
    as_.mul(Reg::EDX);
    as_.alu(Op::Add, Reg::EDX, Reg::ECX);
    long_result(i.a);
}

void Lowering::long_shift(AluOp op, const Instruction& i) {
    as_.mov(Reg::ECX, value(i.c));
    as_.mov(Reg::EAX, value(i.b));
    as_.mov(Reg::EDX, high(i.b));
    Label done = as_.label();
    auto how = op == AluOp::Shr ? Shift::Shr : Shift::Sar;
    if (op == AluOp::Shl) {
        as_.shld_cl(Reg::EDX, Reg::EAX);
        as_.shift_cl(Shift::Shl, Reg::EAX);
    } else {
        as_.shrd_cl(Reg::EAX, Reg::EDX);
        as_.shift_cl(how, Reg::EDX);
    }
    // The hardware took the amount modulo 32: shift by the other 32.
    as_.test(Reg::ECX, Operand::constant(32));
    as_.jcc(Cc::E, done);
    if (op == AluOp::Shl) {
        as_.mov(Reg::EDX, Reg::EAX);
        as_.alu(Op::Xor, Reg::EAX, Reg::EAX);
    } else {
        as_.mov(Reg::EAX, Reg::EDX);
        if (op == AluOp::Shr)
            as_.alu(Op::Xor, Reg::EDX, Reg::EDX);
        else
            as_.shift(Shift::Sar, Reg::EDX, 31);
    }
    as_.bind(done);
    long_result(i.a);
}

void Lowering::long_divide(AluOp op, const Instruction& i) {
    as_.mov(Reg::EAX, value(i.c));
    as_.mov(Reg::EDX, high(i.c));
    as_.mov(frame(2), Reg::EAX);
    as_.mov(frame(3), Reg::EDX);
    as_.alu(Op::Or, Reg::EAX, Reg::EDX);
    as_.jcc(Cc::E, cold(rt::TrapReason::DivideByZero));
    for (unsigned which : {0u, 1u}) {
        as_.mov(Reg::EAX, half(i.b, which));
        as_.mov(frame(which), Reg::EAX);
    }
    auto helper = op == AluOp::Div    ? Helper::DivL
                  : op == AluOp::Rem  ? Helper::RemL
                  : op == AluOp::DivU ? Helper::DivUL
                                      : Helper::RemUL;
    as_.call(ImageBuilder::helper(helper));
    long_result(i.a);
}

Cc Lowering::long_compare(const Instruction& i) {
    reserve(kCallerSaved);
    auto condition = static_cast<Condition>(i.imm);
    unsigned b = i.b, c = i.c;
    if (condition == Condition::Eq || condition == Condition::Ne) {
        as_.mov(Reg::EAX, value(b));
        as_.mov(Reg::EDX, high(b));
        as_.alu(Op::Xor, Reg::EAX, value(c));
        as_.alu(Op::Xor, Reg::EDX, high(c));
        as_.alu(Op::Or, Reg::EAX, Reg::EDX);
        return condition == Condition::Eq ? Cc::E : Cc::NE;
    }
    // The sign and the borrow of b - c tell < from >=; the other two ask about c - b.
    Cc cc;
    switch (condition) {
    case Condition::Lt:
        cc = Cc::L;
        break;
    case Condition::Ge:
        cc = Cc::GE;
        break;
    case Condition::Gt:
        cc = Cc::L, std::swap(b, c);
        break;
    case Condition::Le:
        cc = Cc::GE, std::swap(b, c);
        break;
    case Condition::LtU:
        cc = Cc::B;
        break;
    case Condition::GeU:
        cc = Cc::AE;
        break;
    case Condition::GtU:
        cc = Cc::B, std::swap(b, c);
        break;
    default:
        cc = Cc::AE, std::swap(b, c);
        break;
    }
    as_.mov(Reg::EAX, value(b));
    as_.mov(Reg::EDX, high(b));
    as_.alu(Op::Cmp, Reg::EAX, value(c));
    as_.alu(Op::Sbb, Reg::EDX, high(c));
    return cc;
}

void Lowering::extend(const Instruction& i) {
    auto b = value(i.b);
    auto low = in_register(b);
    if (i.op == Opcode::ZxL) {
        auto to = define(i.a);
        as_.mov(to, low);
        return as_.mov(to.plus(4), Operand::constant(0));
    }
    auto top = take();
    auto to = define(i.a);
    as_.mov(to, low);
    as_.mov(top, low);
    as_.shift(Shift::Sar, top, 31);
    as_.mov(to.plus(4), top);
}

void Lowering::low_word(const Instruction& i) {
    auto b = value(i.b);
    move(define(i.a), b);
}

} // namespace singlet::verifier::x86
