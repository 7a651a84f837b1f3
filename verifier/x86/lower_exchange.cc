// The exchange heap is the kernel's: blocks are made, freed and relinked by services, which are called
// like kernel calls. What lies in a block is read and written as in any object [lower_object.cc]; a
// cell is a collected object that holds one.
#include "verifier/x86/lower.hh"

namespace singlet::verifier::x86 {

namespace {
constexpr std::int32_t kData = rt::kDataOffset;
} // namespace

void Lowering::service(Service s) {
    as_.call(Symbol{true, Relocation::What::Service, static_cast<std::uint32_t>(s)});
}

// A service that may say no: then the flags are as after an equal comparison.
void Lowering::ask(Service s, rt::Word refusal) {
    service(s);
    // <since lab6>
    if (s == Service::Select) waiting_point();
    // </since>
    if (refusal == 0)
        as_.test(Reg::EAX, Reg::EAX);
    else
        as_.alu(Op::Cmp, Reg::EAX, Operand::constant(static_cast<std::int32_t>(refusal)));
}

// A quota may be used up by what nobody reaches any more, or by blocks in cells that nobody reaches: collect, and ask once
// again. The arguments are where they were, for a service only reads them; outgoing words that hold references are named by
// `references`. Ends with the second answer, or at the label that comes back, which the caller binds.
Label Lowering::ask_twice(Service s, rt::Word refusal, std::span<const std::uint16_t> references) {
    Label granted = as_.label();
    ask(s, refusal);
    as_.jcc(Cc::NE, granted);
    as_.call(ImageBuilder::helper(Helper::Collect));
    collector_point(references);
    ask(s, refusal);
    return granted;
}

// The same for a service without which the program cannot go on.
void Lowering::insist(Service s, rt::Word refusal) {
    Label granted = ask_twice(s, refusal);
    as_.jcc(Cc::E, cold(rt::TrapReason::OutOfMemory));
    as_.bind(granted);
}

void Lowering::exchange_new(const Instruction& i) {
    as_.mov(frame(0), Operand::constant(0, {true, Relocation::What::ExchangeType, i.imm}));
    insist(Service::XNew);
    result(i.a);
}

void Lowering::exchange_vector(const Instruction& i) {
    auto element = module_.types[module_.types[i.imm].index].kind;
    argument(1, value(i.b));
    as_.mov(frame(0), Operand::constant(static_cast<std::int32_t>(element)));
    give_back();
    insist(Service::XVec);
    result(i.a);
}

void Lowering::exchange_swap(const Instruction& i) {
    null_check(i.b);
    const auto& layout = builder_.layout(type(i.b));
    argument(0, value(i.b));
    argument(2, value(i.a));
    as_.mov(frame(1), Operand::constant(static_cast<std::int32_t>(layout.offsets[i.imm])));
    give_back();
    insist(Service::XSwap, kNoRoom);
    result(i.a);
}

void Lowering::free(const Instruction& i) {
    // Null owes nothing, however it came there: a constant, or a register that a test found null.
    if (type(i.a).kind == Kind::Null) return;
    auto a = value(i.a);
    Label done = as_.label();
    if (type(i.a).nullable) {
        if (a.is_register())
            as_.test(a.reg, a.reg);
        else
            as_.alu(Op::Cmp, a, Operand::constant(0));
        as_.jcc(Cc::E, done);
    }
    argument(0, a);
    give_back();
    service(Service::Free);
    as_.bind(done);
}

void Lowering::new_cell(const Instruction& i) {
    as_.mov(frame(0), Operand::constant(0, builder_.cell_descriptor()));
    as_.call(ImageBuilder::helper(Helper::NewObject));
    collector_point();
    result(i.a);
}

void Lowering::cell_take(const Instruction& i) {
    auto cell = object(i.b);
    auto work = take();
    as_.mov(work, Operand::memory(cell, kData));
    as_.test(work, work);
    as_.jcc(Cc::E, cold(rt::TrapReason::BadCell));
    as_.mov(Operand::memory(cell, kData), Operand::constant(0));
    as_.mov(define(i.a), work);
}

void Lowering::cell_put(const Instruction& i) {
    auto held = Operand::memory(object(i.a), kData);
    as_.alu(Op::Cmp, held, Operand::constant(0));
    as_.jcc(Cc::NE, cold(rt::TrapReason::BadCell));
    store(held, i.b, Kind::Own);
}

void Lowering::cell_full(const Instruction& i) {
    as_.alu(Op::Cmp, Operand::memory(object(i.b), kData), Operand::constant(0));
    set_result(Cc::NE, i.a);
}

} // namespace singlet::verifier::x86
