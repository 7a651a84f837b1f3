#include "verifier/x86/operands.hh"

#include <algorithm>

namespace singlet::verifier::x86 {

namespace {

unsigned argument_count(const Verified& verified, const Instruction& i,
                        const ChannelTypes& channel) {
    const auto& module = verified.module();
    switch (i.op) {
    case Opcode::Call:
        return static_cast<unsigned>(module.functions[i.imm].params.size());
    case Opcode::CallI:
        return static_cast<unsigned>(module.methods[i.imm].params.size());
    case Opcode::CallK:
        return static_cast<unsigned>(verified.kernel_signature(i.imm).params.size());
    case Opcode::Copy:
        return 5;
    case Opcode::Select:
        return i.c;
    case Opcode::Send:
        return static_cast<unsigned>(
            module.contracts[channel[0].index].messages[i.imm].args.size());
    default:
        return 0;
    }
}

bool has_result(const Verified& verified, const Instruction& i) {
    const auto& module = verified.module();
    switch (i.op) {
    case Opcode::Call:
        return module.functions[i.imm].result != kVoid;
    case Opcode::CallI:
        return module.methods[i.imm].result != kVoid;
    case Opcode::CallK:
        return verified.kernel_signature(i.imm).result != kVoid;
    case Opcode::BrIs:
        return false; // the edge's
    default:
        return true;
    }
}

} // namespace

Operands operands(const Verified& verified, const Instruction& i, const ChannelTypes& channel) {
    Operands result;
    auto field = [&](Role role, unsigned r) {
        if (role == Role::U || role == Role::M || role == Role::X) result.use(r);
        if (role == Role::A)
            for (unsigned n = argument_count(verified, i, channel), k = 0; k < n; ++k)
                result.use(r + k);
        // A send's endpoint only changes its state.
        bool writes = role == Role::D || (role == Role::X && i.op == Opcode::XSwap);
        if (writes && has_result(verified, i)) result.def(r);
    };
    const auto& roles = info(i.op);
    field(roles.a, i.a);
    field(roles.b, i.b);
    field(roles.c, i.c);
    return result;
}

std::vector<Type> pattern_types(const Module& module, const SelectTable::Pattern& pattern,
                                const ChannelTypes& channel) {
    std::vector<Type> result;
    const Type& operand = channel[pattern.operand];
    if (pattern.message == SelectTable::kMember) result.push_back(module.types[operand.index]);
    if (pattern.message < SelectTable::kMember)
        for (auto t : module.contracts[operand.index].messages[pattern.message].args)
            result.push_back(module.types[t]);
    return result;
}

std::vector<Edge> edges(const Verified& verified, const Function& function, const Instruction& i,
                        const ChannelTypes& channel) {
    std::vector<Edge> result;
    auto add = [&](unsigned to) -> Edge& {
        return result.emplace_back(Edge{static_cast<std::uint16_t>(to), {}});
    };
    switch (i.op) {
    case Opcode::Jmp:
        add(i.imm);
        break;
    case Opcode::BrIs:
        add(i.true_block()).defs.push_back(i.b), add(i.false_block());
        break;
    case Opcode::BrNz:
    case Opcode::BrNull:
        add(i.true_block()), add(i.false_block());
        break;
    case Opcode::Switch:
        for (auto to : function.switches[i.imm])
            add(to);
        break;
    case Opcode::Select:
        for (const auto& c : function.selects[i.imm].cases) {
            auto& edge = add(c.block);
            for (const auto& pattern : c.patterns) {
                auto count = pattern_types(verified.module(), pattern, channel).size();
                for (std::size_t k = 0; k < count; ++k)
                    edge.defs.push_back(static_cast<std::uint8_t>(pattern.first + k));
            }
        }
        break;
    default:
        break; // Ret, RetVoid, Trap
    }
    return result;
}

} // namespace singlet::verifier::x86
