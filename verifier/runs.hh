// Runs: what a party can send without receiving. If a contract has no cycle of one direction, every run ends, and so does
// every queue [ES06 2.3].
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "verifier/module.hh"

namespace singlet::verifier {

struct Runs {
    std::vector<std::uint16_t>
        length; // of the longest run of the direction that begins in each state
    std::vector<std::uint16_t>
        order; // all states, each behind those that a message of the direction leads to
};

// The runs of one direction, or a state that closes a cycle of it.
std::expected<Runs, std::uint16_t> find_runs(const Contract& contract,
                                             Contract::Direction direction);

} // namespace singlet::verifier
