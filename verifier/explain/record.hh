// What the fixpoint did, written down while it ran: every visit of a block, the types before each of its instructions, what
// went over each edge and what met there. A state is kept as what has changed, so a record grows with what happens and not
// with registers times instructions; and how much is kept of the history is limited, while counts and the latest visit of
// each block are always whole.
#pragma once

#include <optional>

#include "verifier/observer.hh"

namespace singlet::verifier::explain {

// What is known of a register.
struct Known {
    std::uint16_t reg;
    Type type;
    Origin origin;
};

struct Edge {
    std::uint16_t target;
    bool first;                 // nothing had come there before
    std::vector<Known> changes; // by the terminator, on this edge alone
    std::vector<Join> joins;
};

// One walk over a block: `steps[i]` is what its i-th instruction changed. A walk that was refused has fewer steps.
struct Visit {
    std::uint16_t block;
    std::vector<Known> entry; // all registers that are set
    std::vector<std::vector<Known>> steps;
    std::vector<Edge> edges;
};

struct FunctionRecord {
    std::size_t number;
    std::vector<std::uint16_t> order;         // the blocks, as they were visited
    std::vector<std::uint32_t> visits;        // of each block
    std::vector<Visit> history;               // the first of them
    bool whole = true;                        // all of them
    std::vector<std::optional<Visit>> latest; // of each block
    std::vector<std::vector<Join>> joins;     // at each block, those that changed what was known
    Trace trace;                              // its meetings, for the origins
    bool refused = false;
};

struct Report {
    std::vector<FunctionRecord>
        functions; // those that the verifier came to, and that were asked for
    std::optional<Diagnosis> refusal;
    std::size_t reached = 0; // functions that the verifier came to
};

// Verifies the module and writes down what happened: in all functions, or in the one asked for. `facts` bounds the history that is
// kept: instructions, and registers that a state or a change of it has.
Report explain(const Module& module, const Environment& environment,
               std::optional<std::size_t> function, std::size_t facts);

} // namespace singlet::verifier::explain
