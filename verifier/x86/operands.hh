// Which registers an instruction reads and writes, as the compiler needs it: whole argument lists
// spelled out, and nothing that only changes a type. Registers that are written on an edge (the
// object of `bris`, the arguments of a `select` case) are the edge's, not the instruction's.
#pragma once

#include <array>

#include "verifier/limits.hh"
#include "verifier/verify.hh"

namespace singlet::verifier::x86 {

struct Operands {
    std::uint8_t uses[40];
    std::uint8_t defs[2];
    unsigned use_count = 0, def_count = 0;

    void use(unsigned r) { uses[use_count++] = static_cast<std::uint8_t>(r); }
    void def(unsigned r) { defs[def_count++] = static_cast<std::uint8_t>(r); }
};

// The types of the endpoints of a send (the first) or a select, from the state before it.
using ChannelTypes = std::array<Type, limits::kSelectOperands>;

Operands operands(const Verified& verified, const Instruction& instruction,
                  const ChannelTypes& channel);

struct Edge {
    std::uint16_t to;
    std::vector<std::uint8_t> defs;
};

// The edges out of a terminator: one a target of a switch, one a case of a select.
std::vector<Edge> edges(const Verified& verified, const Function& function,
                        const Instruction& terminator, const ChannelTypes& channel);

// The types of what a pattern brings, in the order of its registers.
std::vector<Type> pattern_types(const Module& module, const SelectTable::Pattern& pattern,
                                const ChannelTypes& channel);

} // namespace singlet::verifier::x86
