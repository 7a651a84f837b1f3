// Pass 3: the control-flow graph. A block is a run of instructions whose last, and no other, is a terminator, so control
// never falls from one block into the next and a branch, which names a block, never lands inside an instruction. Every
// block can be reached from the first: code that no path reaches could not be checked, so it is refused.
#pragma once

#include "verifier/program.hh"
#include "verifier/workspace.hh"

namespace singlet::verifier {

struct Flow {
    std::vector<std::uint16_t>
        order; // all blocks in reverse post-order: a block before its successors, but for loops
    std::vector<std::uint16_t> position; // of each block in `order`
};

Checked<Flow> check_flow(const Module& module, std::size_t function, Workspace& workspace);

inline std::uint32_t block_end(const Function& f, std::size_t block) {
    return block + 1 < f.blocks.size() ? f.blocks[block + 1]
                                       : static_cast<std::uint32_t>(f.code.size());
}

inline std::uint16_t block_of(const Function& f, std::uint32_t pc) {
    std::size_t low = 0, high = f.blocks.size(); // blocks[low] <= pc < blocks[high]
    while (high - low > 1) {
        const std::size_t middle = (low + high) / 2;
        (f.blocks[middle] <= pc ? low : high) = middle;
    }
    return static_cast<std::uint16_t>(low);
}

// Number of successors of a terminator, and each of them, in the order of its operand or table.
inline std::size_t successor_count(const Function& f, const Instruction& terminator) {
    switch (terminator.op) {
    case Opcode::Jmp:
        return 1;
    case Opcode::BrNz:
    case Opcode::BrNull:
    case Opcode::BrIs:
        return 2;
    case Opcode::Switch:
        return f.switches[terminator.imm].size();
    // <since lab6>
    case Opcode::Select:
        return f.selects[terminator.imm].cases.size();
    // </since>
    default:
        return 0; // ret, retv, trap
    }
}

inline std::uint16_t successor(const Function& f, const Instruction& terminator, std::size_t i) {
    switch (terminator.op) {
    case Opcode::Jmp:
        return static_cast<std::uint16_t>(terminator.imm);
    case Opcode::Switch:
        return f.switches[terminator.imm][i];
    // <since lab6>
    case Opcode::Select:
        return f.selects[terminator.imm].cases[i].block;
    // </since>
    default:
        return i == 0 ? terminator.true_block() : terminator.false_block();
    }
}

} // namespace singlet::verifier
