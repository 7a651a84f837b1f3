#include "verifier/x86/operands.hh"

#include <algorithm>

namespace singlet::verifier::x86 {

namespace {

unsigned argument_count(const Verified& verified, const Instruction& i,
                        [[maybe_unused]] const ChannelTypes& channel) {
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
    // <since lab6>
    case Opcode::Select:
        return i.c;
    case Opcode::Send:
        return static_cast<unsigned>(
            module.contracts[channel[0].index].messages[i.imm].args.size());
    // </since>
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

void OperandTable::reserve(std::size_t instructions) {
    entries_.reserve(instructions);
    registers_.reserve(3 * instructions);
}

void OperandTable::add(const Verified& verified, const Instruction& i,
                       const ChannelTypes& channel) {
    Entry entry{static_cast<std::uint32_t>(registers_.size()), 0, 0};
    std::uint8_t defs[2];
    auto use = [&](unsigned r) {
        registers_.push_back(static_cast<std::uint8_t>(r));
        ++entry.uses;
    };
    auto field = [&](Role role, std::uint8_t r) {
        if (role == Role::U || role == Role::M || role == Role::X) use(r);
        if (role == Role::A)
            for (unsigned n = argument_count(verified, i, channel), k = 0; k < n; ++k)
                use(r + k);
        // <since lab5 = bool writes = role == Role::D;>
        // A send's endpoint only changes its state.
        bool writes = role == Role::D || (role == Role::X && i.op == Opcode::XSwap);
        // </since>
        if (writes && has_result(verified, i)) defs[entry.defs++] = r;
    };
    const auto& roles = info(i.op);
    field(roles.a, i.a);
    field(roles.b, i.b);
    field(roles.c, i.c);
    registers_.insert(registers_.end(), defs, defs + entry.defs);
    entries_.push_back(entry);
}

// <since lab6>
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
// </since>

void add_edges(Edges& edges, [[maybe_unused]] const Verified& verified, const Function& function,
               const Instruction& i, [[maybe_unused]] const ChannelTypes& channel) {
    auto add = [&](unsigned to) {
        edges.all.push_back(
            {static_cast<std::uint16_t>(to), 0, static_cast<std::uint32_t>(edges.defs.size())});
    };
    auto add_def = [&](std::size_t r) {
        edges.defs.push_back(static_cast<std::uint8_t>(r));
        ++edges.all.back().def_count;
    };
    switch (i.op) {
    case Opcode::Jmp:
        return add(i.imm);
    case Opcode::BrIs:
        add(i.true_block());
        add_def(i.b);
        return add(i.false_block());
    case Opcode::BrNz:
    case Opcode::BrNull:
        add(i.true_block());
        return add(i.false_block());
    case Opcode::Switch:
        for (auto to : function.switches[i.imm])
            add(to);
        return;
    // <since lab6>
    case Opcode::Select:
        for (const auto& c : function.selects[i.imm].cases) {
            add(c.block);
            for (const auto& pattern : c.patterns) {
                auto count = pattern_types(verified.module(), pattern, channel).size();
                for (std::size_t k = 0; k < count; ++k)
                    add_def(pattern.first + k);
            }
        }
        return;
    // </since>
    default:
        return; // Ret, RetVoid, Trap
    }
}

} // namespace singlet::verifier::x86
