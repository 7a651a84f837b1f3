// Threads. The arguments of the new thread's function lie in the frame's outgoing words, as cdecl has them; the kernel copies
// them to the new stack, where the function's thunk finds them.
#include "verifier/x86/lower.hh"

namespace singlet::verifier::x86 {

void Lowering::start(const Instruction& i) {
    const auto& params = module_.functions[i.imm].params;
    std::vector<std::uint16_t> references;
    std::uint16_t word = 3;
    for (unsigned k = 0; k < params.size(); ++k) {
        if (is_collected(module_.types[params[k]].kind)) references.push_back(word);
        argument(word++, value(i.b + k));
        if (is_wide(i.b + k)) argument(word++, high(i.b + k));
    }
    address_of(2, 3);
    as_.mov(frame(1), Operand::constant(word - 3));
    as_.mov(frame(0), Operand::constant(0, builder_.thunk(i.imm)));
    give_back();
    Label answered = ask_twice(Service::Start, kNoRoom, references);
    as_.jcc(Cc::NE, answered);
    as_.mov(Reg::EAX, Operand::constant(0));
    as_.bind(answered);
    result(i.a);
}

// Behind a call in which this thread may wait while another one collects.
void Lowering::waiting_point() {
    if (builder_.image().starts_threads) collector_point();
}

} // namespace singlet::verifier::x86
