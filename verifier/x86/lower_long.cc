// 64-bit integers: two saved registers or two words in the stack, worked on in EDX:EAX with ECX's help. No
// web is in these three while such an instruction runs. What it leaves in EDX:EAX the next one need not load;
// and if nobody else reads it, it is not stored either.
#include "verifier/x86/lower.hh"

#include <utility>

#include "lib/core/assert.hh"

namespace singlet::verifier::x86 {

// EDX:EAX <- r. First of all that an instruction does: until then nothing has touched the two.
void Lowering::load_pair(unsigned r) {
    if (cursor_.web(r) == pair_) return;
    as_.mov(Reg::EAX, value(r));
    as_.mov(Reg::EDX, high(r));
}

void Lowering::long_result(unsigned a) {
    next_pair_ = cursor_.define(a);
    if (allocation_.places[next_pair_].kind == Place::Kind::Passing) return;
    as_.mov(place(next_pair_), Reg::EAX);
    as_.mov(high_place(next_pair_), Reg::EDX);
}

void Lowering::long_alu(const Instruction& i) {
    reserve(kCallerSaved);
    auto op = static_cast<AluOp>(i.imm);
    if (is_division(op)) return long_divide(op, i);
    unsigned b = i.b, c = i.c;
    if (commutes(op) && (cursor_.web(c) == pair_ || web(b).is_constant())) std::swap(b, c);
    load_pair(b);
    switch (op) {
    case AluOp::Mul:
        long_multiply(c);
        break;
    case AluOp::Shl:
    case AluOp::Shr:
    case AluOp::Sar:
        long_shift(op, value(c));
        break;
    case AluOp::Add:
        long_halves(Op::Add, Op::Adc, c);
        break;
    case AluOp::Sub:
        long_halves(Op::Sub, Op::Sbb, c);
        break;
    case AluOp::And:
        long_halves(Op::And, Op::And, c);
        break;
    case AluOp::Or:
        long_halves(Op::Or, Op::Or, c);
        break;
    default:
        long_halves(Op::Xor, Op::Xor, c);
        break;
    }
    long_result(i.a);
}

void Lowering::long_halves(Op low, Op top, unsigned c) {
    auto by = value(c);
    // INC and DEC leave the carry alone, so +-1 must not become one of them before ADC.
    if (by.is_constant() && low != top) as_.mov(Reg::ECX, by), by = Reg::ECX;
    as_.alu(low, Reg::EAX, by);
    as_.alu(top, Reg::EDX, high(c));
}

// (bh * 2^32 + bl) * (ch * 2^32 + cl) mod 2^64 = bl * cl + (bh * cl + bl * ch) * 2^32
void Lowering::long_multiply(unsigned c) {
    auto low = value(c);
    as_.mov(Reg::ECX, high(c));
    as_.imul(Reg::ECX, Reg::EAX);
    if (low.is_constant())
        as_.imul(Reg::EDX, Reg::EDX, low.disp);
    else
        as_.imul(Reg::EDX, low);
    as_.alu(Op::Add, Reg::ECX, Reg::EDX);
    if (low.is_constant()) as_.mov(Reg::EDX, low), low = Reg::EDX;
    as_.mul(low);
    as_.alu(Op::Add, Reg::EDX, Reg::ECX);
}

// The hardware takes an amount modulo 32: what is shifted by 32 or more moves by one word first.
void Lowering::long_shift(AluOp op, Operand by) {
    auto how = op == AluOp::Shl ? Shift::Shl : op == AluOp::Shr ? Shift::Shr : Shift::Sar;
    auto by_a_word = [&] {
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
    };
    if (by.is_number()) {
        auto amount = static_cast<unsigned>(by.disp) & 63;
        if (amount >= 32) by_a_word();
        amount &= 31;
        if (amount == 0) return;
        if (op == AluOp::Shl)
            as_.shld(Reg::EDX, Reg::EAX, amount), as_.shift(how, Reg::EAX, amount);
        else
            as_.shrd(Reg::EAX, Reg::EDX, amount), as_.shift(how, Reg::EDX, amount);
        return;
    }
    as_.mov(Reg::ECX, by);
    if (op == AluOp::Shl)
        as_.shld_cl(Reg::EDX, Reg::EAX), as_.shift_cl(how, Reg::EAX);
    else
        as_.shrd_cl(Reg::EAX, Reg::EDX), as_.shift_cl(how, Reg::EDX);
    Label done = as_.label();
    as_.test(Reg::ECX, Operand::constant(32));
    as_.jcc(Cc::E, done);
    by_a_word();
    as_.bind(done);
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
        if (cursor_.web(c) == pair_) std::swap(b, c);
        load_pair(b);
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
    load_pair(b);
    as_.alu(Op::Cmp, Reg::EAX, value(c));
    as_.alu(Op::Sbb, Reg::EDX, high(c));
    return cc;
}

void Lowering::extend(const Instruction& i) {
    reserve(bit(Reg::EAX) | bit(Reg::EDX)); // nothing lives in them across this instruction
    as_.mov(Reg::EAX, value(i.b));
    if (i.op == Opcode::SxL)
        as_.cdq();
    else
        as_.alu(Op::Xor, Reg::EDX, Reg::EDX);
    long_result(i.a);
}

void Lowering::low_word(const Instruction& i) {
    auto from = cursor_.web(i.b) == pair_ ? Operand(Reg::EAX) : value(i.b);
    move(define(i.a), from);
}

} // namespace singlet::verifier::x86
