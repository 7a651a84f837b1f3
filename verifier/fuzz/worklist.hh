// Pass 5 once more, as a textbook writes it, and with a mistake built in on request: what pass 6 has to find. Without a mistake it
// is a second opinion on the states that the verifier finds.
#pragma once

#include <optional>

#include "verifier/flow.hh"
#include "verifier/register_set.hh"
#include "verifier/verify.hh"

namespace singlet::fuzz {

enum class Mistake {
    None,
    WalksOnce,    // no block is walked again, whatever it has learnt
    FirstState,   // what arrives first is kept
    LastState,    // what arrives last is kept
    FirstType,    // where two types meet, the first is kept
    ForgetsOwner, // dead registers are left out, whoever is answerable for them
    ForgetsNull,  // null and a reference meet in the reference
    MixesClasses, // two classes meet in the first
    MixesStates,  // two states of an endpoint meet in the first
    SkipsAnEdge,  // the last way out of a block is not taken
    kCount
};

// The types at the beginning of each block; none where an instruction refuses what it gets, or a meet loses something.
std::optional<verifier::BlockStates> find_states(Mistake mistake, const verifier::Program& program,
                                                 std::size_t function, const verifier::Flow& flow,
                                                 const std::vector<verifier::RegisterSet>& live);

} // namespace singlet::fuzz
