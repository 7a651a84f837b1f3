#include "verifier/liveness.hh"

#include <algorithm>

namespace singlet::verifier {

Reads::Reads(const Program& program) : program_(program) {
    // <since lab6>
    for (const Contract& contract : program.module.contracts)
        for (std::size_t m = 0; m < contract.messages.size(); ++m)
            longest_message_[m] = std::max<std::uint8_t>(
                longest_message_[m], static_cast<std::uint8_t>(contract.messages[m].args.size()));
    // </since>
}

std::size_t Reads::argument_count(const Instruction& i) const {
    switch (i.op) {
    case Opcode::Call:
    case Opcode::Start:
        return program_.module.functions[i.imm].params.size();
    case Opcode::CallI:
        return program_.module.methods[i.imm].params.size();
    case Opcode::CallK:
        return program_.kernel_call(i.imm).params.size();
    case Opcode::Copy:
        return 5;
    // <since lab6>
    case Opcode::Select:
        return i.c;
    case Opcode::Send:
        return longest_message_[i.imm];
    // </since>
    default:
        return 0;
    }
}

// A call of a void function names register 0 and does not write it.
bool Reads::call_has_result(const Instruction& i) const {
    switch (i.op) {
    case Opcode::Call:
        return program_.module.functions[i.imm].result != kVoid;
    case Opcode::CallI:
        return program_.module.methods[i.imm].result != kVoid;
    default:
        return program_.kernel_call(i.imm).result != kVoid;
    }
}

namespace {

using BlockSets = Workspace::BlockSets;

// Most functions have so few registers that a set of them is a number, which stays in a register of the processor.
class FewRegisters {
public:
    static constexpr std::size_t kMost = 64;
    void add(std::size_t r) { bits_ |= std::uint64_t{1} << r; }
    void remove(std::size_t r) { bits_ &= ~(std::uint64_t{1} << r); }
    explicit operator RegisterSet() const { return RegisterSet(bits_); }

private:
    std::uint64_t bits_ = 0;
};

// From the last instruction to the first. A register that a terminator writes is written on one of its edges only: it
// counts as neither.
template <class Set>
BlockSets summarize(const Reads& reads, const Function& f, std::size_t block) {
    Set uses, defines;
    for (std::uint32_t pc = block_end(f, block); pc-- > f.blocks[block];) {
        const Instruction& i = f.code[pc];
        const OpcodeInfo& op = info(i.op);
        auto define = [&](Role role, std::uint8_t r) {
            if (role != Role::D) return;
            defines.add(r);
            uses.remove(r);
        };
        if (!is_terminator(i.op) && reads.has_result(i)) define(op.a, i.a);
        if (!is_terminator(i.op)) define(op.b, i.b);
        reads.each(f, i, [&](std::size_t r) { uses.add(r); });
    }
    return {RegisterSet(uses), RegisterSet(defines)};
}

template <class F>
void each_edge(const Function& f, F&& edge) {
    for (std::size_t b = 0; b < f.blocks.size(); ++b) {
        const Instruction& terminator = f.code[block_end(f, b) - 1];
        const std::size_t successors = successor_count(f, terminator);
        for (std::size_t s = 0; s < successors; ++s)
            edge(b, successor(f, terminator, s));
    }
}

} // namespace

// Backwards: each block after its successors, as far as there is such an order. Where more has become live than was known, the
// blocks before it are looked at again.
Checked<std::vector<RegisterSet>> find_liveness(const Program& program, const Reads& reads,
                                                std::size_t number, const Flow& flow, Meter& meter,
                                                Workspace& workspace) {
    const Function& f = program.module.functions[number];
    auto& sets = workspace.sets;
    auto& predecessors = workspace.predecessors;
    auto& pending = workspace.pending;
    sets.clear();
    for (std::size_t b = 0; b < f.blocks.size(); ++b)
        sets.push_back(f.registers <= FewRegisters::kMost ? summarize<FewRegisters>(reads, f, b)
                                                          : summarize<RegisterSet>(reads, f, b));
    predecessors.find(f.blocks.size(), [&](auto edge) { each_edge(f, edge); });
    std::vector<RegisterSet> live(f.blocks.size());
    pending.clear(f.blocks.size()); // by their place from the end of the order
    const std::size_t last = f.blocks.size() - 1;
    for (std::size_t place = 0; place <= last; ++place)
        pending.add(place);
    for (auto place = pending.take(); place != Worklist::kNone; place = pending.take()) {
        const std::uint16_t b = flow.order[last - place];
        const Instruction& terminator = f.code[block_end(f, b) - 1];
        const std::size_t successors = successor_count(f, terminator);
        if (!meter.spend(1 + successors))
            return refuse(Rule::Limit, "finding the live registers of " + f.name +
                                           " takes more work than is allowed for its size");
        RegisterSet after;
        for (std::size_t s = 0; s < successors; ++s)
            after.add_all(live[successor(f, terminator, s)]);
        const RegisterSet before = RegisterSet::before(sets[b].uses, sets[b].defines, after);
        if (before == live[b]) continue;
        live[b] = before;
        for (std::uint16_t p : predecessors.of(b))
            pending.add(last - flow.position[p]);
    }
    return live;
}

} // namespace singlet::verifier
