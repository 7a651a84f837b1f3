// What the allocator works on. A bytecode register holds many unrelated values in its life; a *web* is
// one of them: the definitions that reach the same uses, from the first write to the last read. A web
// has one place (register, stack slot or constant) for all its life, so nothing has to be moved on
// the edges between blocks.
//
// Time runs in three steps an instruction: 3i its reads, 3i+1 what it destroys, 3i+2 its writes.
#pragma once

#include <span>

#include "verifier/predecessors.hh"
#include "verifier/register_set.hh"
#include "verifier/worklist.hh"
#include "verifier/x86/operands.hh"

namespace singlet::verifier::x86 {

using WebIndex = std::uint32_t;
inline constexpr WebIndex kNoWeb = 0xffffffff;

struct Range {
    std::uint32_t from, to; // [from, to)
};

struct Web {
    enum class Value : std::uint8_t { Unknown, Number, Literal, Varying };

    std::uint8_t reg = 0;             // the bytecode register
    bool wide = false;                // an I64
    bool fused = false;               // a comparison's result, used by the branch behind it only
    Value value = Value::Unknown;     // Number and Literal need no place
    std::int32_t constant = 0;        // the number (sign-extended if wide) or the string
    std::uint32_t weight = 0;         // of its uses and definitions, each 8 times more in a loop
    std::uint32_t first = 0, end = 0; // its ranges in Webs::ranges
    std::uint32_t length = 0;         // the sum of them

    bool is_constant() const { return value == Value::Number || value == Value::Literal; }
};

struct OperandWebs {
    std::span<const WebIndex> uses, defs;
};
struct OperandTypes {
    std::span<const Type> uses, defs;
};

struct Block {
    std::uint16_t number;     // in the function
    std::uint32_t begin, end; // its instructions
    std::uint32_t at;         // number of its first instruction in the layout
    std::uint32_t depth = 0;  // of loops around it
    RegisterSet live_in, live_out;
    std::uint32_t first_edge = 0, end_edge = 0;
    std::uint32_t first_entry = 0; // of the webs live at its entry, one a register
    std::uint32_t first_def = 0;   // of the webs defined in it, in order
    bool inherits = false;         // one block alone leads here: what it leaves is what is found
};

// The function in the order in which it is laid out, and its webs. One object serves many functions, one after the other: what
// it has of the heap, it keeps.
class Webs {
public:
    explicit Webs(const Verified& verified) : verified_(verified), replay_(verified, 0) {}
    void turn_to(std::size_t function);

    std::span<const Block> blocks() const { return blocks_; }
    // Position of a block in blocks().
    std::uint32_t position(std::uint16_t block) const { return position_[block]; }
    const std::vector<Web>& all() const { return webs_; }
    std::span<const Range> ranges(const Web& web) const {
        return {ranges_.data() + web.first, ranges_.data() + web.end};
    }
    std::uint32_t instruction_count() const { return instructions_; }

    // The operands of instruction `pc` of the function, and the webs that they belong to.
    Operands operands(std::uint32_t pc) const { return operands_[pc]; }
    OperandWebs webs_of(std::uint32_t pc) const {
        const WebIndex* at = operand_webs_.data() + operands_.first(pc);
        const Operands o = operands_[pc];
        return {{at, o.uses.size()}, {at + o.uses.size(), o.defs.size()}};
    }

    std::span<const Edge> edges(const Block& block) const {
        return {edges_.all.data() + block.first_edge, edges_.all.data() + block.end_edge};
    }
    // Whether an instruction loads a whole word, which another could read from where it lies.
    bool loads_word(std::uint32_t pc) const { return loads_word_[pc]; }
    WebIndex at_entry(const Block& block, std::uint8_t reg) const;
    // f(register, web) for each that is live there, in ascending order.
    template <class F>
    void each_at_entry(const Block& block, F&& f) const {
        std::uint32_t n = block.first_entry;
        block.live_in.each([&](std::size_t r) { f(r, entry_[n++]); });
    }
    WebIndex defined(const Block& block, std::uint32_t nth) const {
        return defined_[block.first_def + nth];
    }
    // Their types: of what is read before the instruction, of what is written after it.
    OperandTypes types_of(std::uint32_t pc) const {
        const Type* at = operand_types_.data() + operands_.first(pc);
        const Operands o = operands_[pc];
        return {{at, o.uses.size()}, {at + o.uses.size(), o.defs.size()}};
    }
    const ChannelTypes& channel(std::uint32_t pc) const;

    unsigned register_count() const { return function_->registers; }

private:
    struct Piece {
        WebIndex web;
        Range range;
    };

    // A definition, or a register at the entry of a block to which several lead. Nodes that hold the same value are united,
    // and become one web.
    struct Node {
        std::uint8_t reg;
        bool wide;
        bool fused = false;
        Web::Value value;
        std::int32_t constant;
        std::uint32_t parent; // itself, if it stands for all those it is united with
    };

    struct Sets { // of a block's instructions alone
        RegisterSet uses, defines;
    };

    void lay_out();
    void look_inside(Block& block);
    bool is_word_load(const Instruction& i, std::span<const Type> types) const;
    void find_depths();
    Sets summarize(const Block& block) const;
    void find_live();
    void number_nodes();
    void find_heirs();
    void number_entries();
    void number_definitions();
    void join_edges(const Block& block);
    void find_webs();
    WebIndex web_of(std::uint32_t node);
    void find_pieces(const Block& block);
    void find_ranges();
    std::uint32_t find(std::uint32_t node);
    void unite(std::uint32_t a, std::uint32_t b);
    std::uint32_t node(std::uint8_t reg, bool wide, Web::Value value, std::int32_t constant);
    std::uint32_t add_definition(const Instruction& i, std::uint8_t reg, bool wide);

    const Verified& verified_;
    Replay replay_; // while a function is laid out: what is asked of types later is kept
    const Function* function_ = nullptr;
    const FunctionFacts* facts_ = nullptr;
    std::vector<Block> blocks_;
    std::vector<std::uint32_t> position_;
    std::uint32_t instructions_ = 0;
    OperandTable operands_;
    Edges edges_;
    std::vector<std::pair<std::uint32_t, ChannelTypes>> channels_; // ascending pc

    std::vector<Web> webs_;
    std::vector<Range> ranges_;
    std::vector<std::uint8_t> loads_word_; // of each instruction
    std::vector<Type> operand_types_;
    // Nodes at first, then webs: what is live at the entries of blocks, what is defined, and the operands of all instructions.
    std::vector<WebIndex> entry_, defined_, operand_webs_;

    // On the way: while liveness is found ...
    std::vector<Sets> sets_;
    Predecessors predecessors_;
    std::vector<std::uint32_t> places_; // of each block, from the end of the order
    Worklist pending_;
    // ... nodes are numbered (`joined_`: for each block the last one from which an edge was joined to it) ...
    std::vector<Node> nodes_;
    std::vector<WebIndex> web_of_;                            // each node
    std::array<std::uint32_t, limits::kRegisters> current_{}; // the node that each register holds
    std::vector<const Block*> joined_;
    // ... and ranges are found.
    std::vector<Piece> pieces_;
    std::array<std::uint32_t, limits::kRegisters> live_to_{}; // 0: not live; all are between blocks
};

} // namespace singlet::verifier::x86
