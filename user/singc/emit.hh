// A function's blocks and registers while they are made. Blocks are named by labels and laid out in the order in which they are
// placed; finish() takes out what cannot be reached, jumps to jumps, and the seams between blocks that follow only each other.
//
// Registers: each variable and each temporary gets a register of its own as long as there are plenty (that keeps live ranges
// short and apart for the compiler to x86); after that, those that are free again are used.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <vector>

#include "verifier/module.hh"

namespace singlet::singc {

using Reg = int;
using Label = std::uint32_t;

struct OutOfRegisters {};

class Emitter {
public:
    static constexpr std::size_t kFresh = 192;

    Label label();           // a block yet to be placed
    void place(Label label); // code goes on there; falls in from the block before
    bool open() const { return open_; }
    void line(std::uint32_t line) { line_ = line; }

    void emit(verifier::Opcode op, Reg a = 0, Reg b = 0, Reg c = 0, std::uint32_t imm = 0);
    void jump(Label to);
    void branch(verifier::Opcode op, Reg a, Label yes, Label no);
    void switch_on(Reg value, std::vector<Label> table);
    void select(Reg first, std::size_t count, verifier::SelectTable table); // blocks are labels

    Reg allocate(std::size_t count = 1);
    std::size_t mark() const { return allocated_.size(); }
    void release(std::size_t mark);

    void finish(verifier::Function& function);

private:
    struct Block {
        std::vector<verifier::Instruction> code;
        std::vector<std::uint32_t> lines;
        bool placed = false;
    };

    void targets(Block& block, const std::function<void(Label&)>& visit);
    void thread_jumps();
    void merge();
    // ---- loops.cc
    struct Loop {
        std::uint32_t begin = 0, end = 0; // in order_
        Block* before = nullptr;
        std::bitset<256> written;
        bool holds(std::uint32_t position) const { return position >= begin && position < end; }
    };
    void improve_loops(std::size_t parameters);
    bool enter(Loop& loop);
    void take_out(Loop& loop, Block& block, std::size_t n);
    void hoist(Loop& loop);
    bool is_local(const Block& block, std::size_t n, std::uint8_t counter);
    void reduce(Loop& loop);
    bool is_only_round(const Loop& loop, Label out);
    void compare_unsigned(const Loop& loop, const std::vector<Loop>& loops);
    std::vector<std::uint32_t> positions_;     // in order_, of each block
    std::array<std::uint32_t, 256> writers_{}; // of each register: instructions, and the caller

    std::vector<bool> reachable();

    std::vector<Block> blocks_;
    std::vector<Label> order_;
    std::vector<std::vector<Label>> switches_;
    struct Case {
        std::vector<verifier::SelectTable::Pattern> patterns;
        Label block;
    };
    std::vector<std::vector<Case>> selects_;
    struct TwoLabels {
        Label yes, no;
    };
    std::vector<TwoLabels> branches_; // imm of an unfinished conditional branch is an index here
    Label current_ = 0;
    bool open_ = false;
    std::uint32_t line_ = 0;

    std::bitset<256> busy_;
    std::vector<Reg> allocated_;
    std::size_t high_ = 0;
};

} // namespace singlet::singc
