// Objects, arrays, class tests, ports. Collected and exchange memory lie alike, so both are
// read the same way.
#include "verifier/x86/lower.hh"

namespace singlet::verifier::x86 {

namespace {

constexpr std::int32_t kData = rt::kDataOffset;

struct FieldPlace {
    std::int32_t offset;
    Kind kind;
};

FieldPlace field_place(ImageBuilder& builder, const Type& holder, std::uint32_t field) {
    const auto& module = builder.verified().module();
    const auto& fields = holder.kind == Kind::Ref ? module.classes[holder.index].fields
                                                  : module.structs[holder.index].fields;
    return {kData + static_cast<std::int32_t>(builder.layout(holder).offsets[field]),
            module.types[fields[field].type].kind};
}

} // namespace

unsigned Lowering::storage_bytes(Kind kind) { return storage_size(kind); }

Kind Lowering::element_kind(unsigned array) const {
    const auto& t = type(array);
    return t.kind == Kind::Str ? Kind::U8 : module_.types[t.index].kind;
}

// A word that only the next instruction reads, and can read from memory, is not loaded: that instruction
// takes `from` for the register's place. Nothing comes between, so the word is the same; the registers
// of the address are kept from being borrowed until then.
bool Lowering::fold(unsigned a, Operand from) {
    if (!webs_.loads_word(pc_) || borrowed_ != 0 || pc_ + 1 >= block_end_) return false;
    if (!reads_from_memory(function_->code[pc_ + 1])) return false;
    auto ranges = webs_.ranges(webs_.all()[cursor_.next_definition()]);
    if (ranges.size() != 1 || ranges[0].to != 3 * (number_ + 1) + 1) return false;
    folded_ = {cursor_.define(a), from};
    return true;
}

void Lowering::load(unsigned a, Operand from, Kind kind) {
    if (fold(a, from)) return;
    auto w = cursor_.define(a);
    auto to = place(w), top = high_place(w);
    if (kind == Kind::I64) { // whose registers may be those of the address
        auto work = take();
        as_.mov(work, from);
        if (to.is_memory()) as_.mov(to, work);
        auto other = top.is_register() ? top.reg : work;
        as_.mov(other, from.plus(4));
        if (to.is_memory())
            as_.mov(top, work);
        else
            as_.mov(to, work);
        return;
    }
    auto work = to.is_register() ? to.reg : temporary();
    if (kind == Kind::U8 || kind == Kind::U16)
        as_.load_zero_extended(work, from, kind == Kind::U8 ? 1 : 2);
    else
        as_.mov(work, from);
    as_.mov(to, work);
}

void Lowering::store(Operand to, unsigned from, Kind kind) {
    auto low = value(from);
    if (kind == Kind::I64) {
        auto work = low.is_memory() ? Operand(take()) : low;
        as_.mov(work, low);
        as_.mov(to, work);
        if (low.is_memory()) as_.mov(work, high(from));
        return as_.mov(to.plus(4), low.is_memory() ? work : high(from));
    }
    bool is_byte = kind == Kind::U8;
    if (!low.is_constant()) low = in_register(low, is_byte ? kByteRegs : RegMask{0xff});
    if (is_byte || kind == Kind::U16)
        as_.store(to, low, is_byte ? 1 : 2);
    else
        as_.mov(to, low);
}

void Lowering::load_field(const Instruction& i) {
    auto at = field_place(builder_, type(i.b), i.imm);
    load(i.a, Operand::memory(object(i.b), at.offset), at.kind);
}

void Lowering::store_field(const Instruction& i) {
    auto at = field_place(builder_, type(i.a), i.imm);
    store(Operand::memory(object(i.a), at.offset), i.b, at.kind);
}

void Lowering::length(const Instruction& i) {
    load(i.a, Operand::memory(object(i.b), kLengthOffset), Kind::I32);
}

void Lowering::is_null(const Instruction& i) {
    set_result(compare(Condition::Eq, value(i.b), Operand::constant(0)), i.a);
}

void Lowering::same_object(const Instruction& i) {
    set_result(compare(Condition::Eq, value(i.b), value(i.c)), i.a);
}

void Lowering::is_instance(const Instruction& i) {
    Label yes = as_.label(), no = as_.label(), done = as_.label();
    auto object = in_register(value(i.b));
    auto work = take();
    if (type(i.b).nullable || type(i.b).kind == Kind::Null) {
        as_.test(object, object);
        as_.jcc(Cc::E, no);
    }
    test_class(object, i.imm, yes);
    as_.bind(no);
    as_.mov(work, Operand::constant(0));
    as_.jmp(done);
    as_.bind(yes);
    as_.mov(work, Operand::constant(1));
    as_.bind(done);
    as_.mov(define(i.a), work);
}

void Lowering::cast(const Instruction& i) {
    auto from = value(i.b);
    if (options_.checks && !from.is_number()) {
        Label yes = as_.label();
        auto object = in_register(from);
        as_.test(object, object);
        as_.jcc(Cc::E, yes);
        test_class(object, i.imm, yes);
        as_.jmp(cold(rt::TrapReason::BadCast));
        as_.bind(yes);
        from = object;
    }
    move(define(i.a), from);
}

// DX <- the port; the range is first | count << 16 [rt::port_range].
void Lowering::port_address(unsigned range, unsigned offset, unsigned width) {
    reserve(kCallerSaved);
    auto wide = Operand::constant(static_cast<std::int32_t>(width));
    as_.mov(Reg::EDX, value(range));
    as_.mov(Reg::EAX, Reg::EDX);
    as_.shift(Shift::Shr, Reg::EAX, 16);
    as_.mov(Reg::ECX, value(offset));
    as_.alu(Op::Cmp, Reg::EAX, wide);
    as_.jcc(Cc::B, cold(rt::TrapReason::OutOfRange));
    as_.alu(Op::Sub, Reg::EAX, wide);
    as_.alu(Op::Cmp, Reg::ECX, Reg::EAX);
    as_.jcc(Cc::A, cold(rt::TrapReason::OutOfRange));
    as_.alu(Op::Add, Reg::EDX, Reg::ECX); // the low half: IN and OUT use DX alone
}

void Lowering::port_in(const Instruction& i) {
    port_address(i.b, i.c, i.imm);
    if (i.imm < 4) as_.alu(Op::Xor, Reg::EAX, Reg::EAX);
    as_.in(i.imm);
    as_.mov(define(i.a), Reg::EAX);
}

void Lowering::port_out(const Instruction& i) {
    port_address(i.a, i.b, i.imm);
    as_.mov(Reg::EAX, value(i.c));
    as_.out(i.imm);
}

} // namespace singlet::verifier::x86
