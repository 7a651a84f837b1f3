// Calls: of compiled functions by our own convention, of the run-time and of the kernel as cdecl. The
// words at the bottom of the frame carry what goes over the stack.
#include "verifier/x86/lower.hh"

namespace singlet::verifier::x86 {

std::uint32_t Lowering::words_of(const Module& module, std::span<const TypeIndex> types) {
    std::uint32_t words = 0;
    for (auto t : types)
        words += module.types[t].kind == Kind::I64 ? 2 : 1;
    return words;
}

std::int32_t Lowering::outgoing_words(const Instruction& i,
                                      [[maybe_unused]] std::uint32_t pc) const {
    auto words = [](std::size_t n) { return static_cast<std::int32_t>(n); };
    switch (i.op) {
    case Opcode::Call:
        return words(Arguments(module_, module_.functions[i.imm].params).stack_words);
    case Opcode::CallI:
        return words(Arguments(module_, module_.methods[i.imm].params).stack_words + 2);
    case Opcode::CallK: {
        std::int32_t count = 0;
        for (auto t : verified_.kernel_signature(i.imm).params)
            count += t == kI64 ? 2 : 1;
        return count;
    }
    case Opcode::AluL: {
        auto op = static_cast<AluOp>(i.imm);
        return op >= AluOp::Div && op <= AluOp::RemU ? 4 : -1;
    }
    case Opcode::New:
        return 1;
    case Opcode::NewArr:
        return 2;
    case Opcode::Copy:
        return 5;
    // <since lab5>
    case Opcode::CellNew:
    case Opcode::XNew:
    case Opcode::Free:
        return 1;
    case Opcode::XVec:
        return 2;
    case Opcode::XSwap:
        return 3;
    // </since>
    // <since lab6>
    case Opcode::SetNew:
        return 0;
    case Opcode::SetAdd:
        return 2;
    case Opcode::Unwrap:
        return 3;
    case Opcode::Channel:
        return 4;
    case Opcode::Send:
        return words(
            3 +
            words_of(module_, module_.contracts[webs_.channel(pc)[0].index].messages[i.imm].args));
    case Opcode::Select: {
        const auto& channel = webs_.channel(pc);
        std::uint32_t most = 0;
        for (const auto& c : function_->selects[i.imm].cases) {
            std::uint32_t out = 0;
            for (const auto& p : c.patterns)
                out += pattern_words(p, channel);
            most = std::max(most, out);
        }
        return words(4 + i.c + most);
    }
    case Opcode::Start:
        return words(3 + words_of(module_, module_.functions[i.imm].params));
    // </since>
    default:
        return -1;
    }
}

// All registers may hold arguments: then the value goes over the stack, whose pointer POP has already
// moved back when it forms its address.
void Lowering::argument(std::uint32_t word, Operand v) {
    if (v.is_memory() && !has_temporary_ && !any_free()) {
        as_.push(v);
        return as_.pop(frame(word));
    }
    if (v.is_memory()) {
        as_.mov(temporary(), v);
        v = temporary();
    }
    as_.mov(frame(word), v);
}

void Lowering::result(unsigned a) {
    if (webs_.all()[cursor_.next_definition()].wide) return long_result(a);
    as_.mov(define(a), Reg::EAX);
}

void Lowering::call(const Instruction& i) {
    bool virtual_ = i.op == Opcode::CallI;
    const auto& params = virtual_ ? module_.methods[i.imm].params : module_.functions[i.imm].params;
    auto result_type = virtual_ ? module_.methods[i.imm].result : module_.functions[i.imm].result;
    if (virtual_) null_check(i.b);
    Arguments arguments(module_, params);
    // The receiver's descriptor has its methods behind the fixed part. With three arguments in
    // registers the third makes room for it, and the method's address waits in memory.
    auto method = static_cast<std::int32_t>(sizeof(rt::TypeDescriptor) + 4 * i.imm);
    bool crowded = false;
    for (const auto& a : arguments.places())
        crowded |= a.in_register && a.reg == kArgumentRegs[2];
    std::array<Move, std::size(kArgumentRegs)> moves;
    std::size_t count = 0;
    for (unsigned k = 0; k < params.size(); ++k) {
        const auto& to = arguments.places()[k];
        auto r = i.b + k;
        if (to.in_register) {
            moves[count++] = {to.reg, value(r)};
            continue;
        }
        argument(to.word, value(r));
        if (is_wide(r)) argument(to.word + 1, high(r));
    }
    give_back();
    move_all(std::span(moves).first(count));
    if (virtual_ && crowded) {
        auto target = frame(arguments.stack_words), third = target.plus(4);
        as_.mov(third, Reg::ECX);
        as_.mov(Reg::ECX, Operand::memory(Reg::EAX, 0));
        as_.mov(Reg::ECX, Operand::memory(Reg::ECX, method));
        as_.mov(target, Reg::ECX);
        as_.mov(Reg::ECX, third);
        as_.call(target);
    } else if (virtual_) {
        as_.mov(Reg::ECX, Operand::memory(Reg::EAX, 0));
        as_.call(Operand::memory(Reg::ECX, method));
    } else {
        as_.call(ImageBuilder::function(i.imm));
    }
    collector_point();
    if (result_type != kVoid) result(i.a);
}

void Lowering::kernel_call(const Instruction& i) {
    const auto& signature = verified_.kernel_signature(i.imm);
    std::uint32_t word = 0;
    for (unsigned k = 0; k < signature.params.size(); ++k) {
        auto r = i.b + k;
        argument(word++, value(r));
        if (signature.params[k] == kI64) argument(word++, high(r));
    }
    give_back();
    as_.call(Symbol{true, Relocation::What::KernelCall, verified_.kernel_call(i.imm)});
    // <since lab6>
    waiting_point();
    // </since>
    if (signature.result != kVoid) result(i.a);
}

void Lowering::new_object(const Instruction& i) {
    as_.mov(frame(0), Operand::constant(0, builder_.class_descriptor(i.imm)));
    as_.call(ImageBuilder::helper(Helper::NewObject));
    collector_point();
    result(i.a);
}

void Lowering::new_array(const Instruction& i) {
    auto element = module_.types[module_.types[i.imm].index].kind;
    argument(1, value(i.b));
    as_.mov(frame(0), Operand::constant(0, builder_.array_descriptor(element)));
    give_back();
    as_.call(ImageBuilder::helper(Helper::NewArray));
    collector_point();
    result(i.a);
}

void Lowering::copy_bytes(const Instruction& i) {
    null_check(i.b);
    null_check(i.b + 2u);
    for (unsigned k = 0; k < 5; ++k)
        argument(k, value(i.b + k));
    give_back();
    as_.call(ImageBuilder::helper(Helper::Copy));
}

} // namespace singlet::verifier::x86
