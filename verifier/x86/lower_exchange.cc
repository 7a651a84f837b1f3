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

// The quota may be used up by blocks in cells that nobody reaches any more: collect, and ask once again. The arguments are
// where they were, for a service only reads them.
void Lowering::allocating_service(Service s) {
    Label done = as_.label();
    service(s);
    as_.test(Reg::EAX, Reg::EAX);
    as_.jcc(Cc::NE, done);
    as_.call(ImageBuilder::helper(Helper::Collect));
    collector_point();
    service(s);
    as_.test(Reg::EAX, Reg::EAX);
    as_.jcc(Cc::E, cold(rt::TrapReason::OutOfMemory));
    as_.bind(done);
}

void Lowering::exchange_new(const Instruction& i) {
    as_.mov(frame(0), Operand::constant(0, {true, Relocation::What::ExchangeType, i.imm}));
    allocating_service(Service::XNew);
    result(i.a);
}

void Lowering::exchange_vector(const Instruction& i) {
    auto element = module_.types[module_.types[i.imm].index].kind;
    argument(1, value(i.b));
    as_.mov(frame(0), Operand::constant(static_cast<std::int32_t>(element)));
    give_back();
    allocating_service(Service::XVec);
    result(i.a);
}

void Lowering::exchange_swap(const Instruction& i) {
    null_check(i.b);
    const auto& layout = builder_.layout(type(i.b));
    argument(0, value(i.b));
    argument(2, value(i.a));
    as_.mov(frame(1), Operand::constant(static_cast<std::int32_t>(layout.offsets[i.imm])));
    give_back();
    service(Service::XSwap);
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
