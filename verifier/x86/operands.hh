// Which registers an instruction reads and writes, as the compiler needs it: whole argument lists
// spelled out, and nothing that only changes a type. Registers that are written on an edge (the
// object of `bris`, the arguments of a `select` case) are the edge's, not the instruction's.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "verifier/limits.hh"
#include "verifier/verify.hh"

namespace singlet::verifier::x86 {

struct Operands {
    std::span<const std::uint8_t> uses, defs; // at most two defs
};

// The types of the endpoints of a send (the first) or a select, from the state before it.
using ChannelTypes = std::array<Type, limits::kSelectOperands>;

// The operands of all instructions of a function, found once. They are added in the order of `code`.
class OperandTable {
public:
    void clear(std::size_t instructions); // for so many
    void add(const Verified& verified, const Instruction& i, const ChannelTypes& channel);
    Operands operator[](std::uint32_t pc) const {
        const Entry& e = entries_[pc];
        const std::uint8_t* at = registers_.data() + e.first;
        return {{at, e.uses}, {at + e.uses, e.defs}};
    }
    // All operands one after the other, uses before defs: the number of an instruction's first, and how many there are.
    std::uint32_t first(std::uint32_t pc) const { return entries_[pc].first; }
    std::size_t count() const { return registers_.size(); }

private:
    struct Entry {
        std::uint32_t first; // in registers_: uses, then defs
        std::uint8_t uses, defs;
    };
    std::vector<Entry> entries_;
    std::vector<std::uint8_t> registers_;
};

struct Edge {
    std::uint16_t to;
    std::uint16_t def_count;
    std::uint32_t first_def; // in Edges::defs
};

// Edges of all blocks, and the registers that they write, each in one piece.
struct Edges {
    std::vector<Edge> all;
    std::vector<std::uint8_t> defs;

    void clear() { all.clear(), defs.clear(); }
    std::span<const std::uint8_t> defs_of(const Edge& edge) const {
        return {defs.data() + edge.first_def, edge.def_count};
    }
};

// Whether an instruction can read an operand from where the one before would load it from.
bool reads_from_memory(const Instruction& i);

// Adds the edges out of a terminator: one a target of a switch, one a case of a select.
void add_edges(Edges& edges, const Verified& verified, const Function& function,
               const Instruction& terminator, const ChannelTypes& channel);

// <since lab6>
// The types of what a pattern brings, in the order of its registers.
std::vector<Type> pattern_types(const Module& module, const SelectTable::Pattern& pattern,
                                const ChannelTypes& channel);
// </since>

} // namespace singlet::verifier::x86
