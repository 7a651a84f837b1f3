// Runs: what a party can send without receiving. If a contract has no cycle of one direction, every run ends, and so does
// every queue [ES06 2.3].
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "verifier/module.hh"

namespace singlet::verifier {

struct Runs {
    // Of each state: how long the longest run of the direction is that begins there.
    std::vector<std::uint16_t> length;
    // All states, each behind those that a message of the direction leads to.
    std::vector<std::uint16_t> order;
    // A state that closes a cycle of the direction; then the others are not complete.
    std::optional<std::uint16_t> cycle = {};
};

Runs find_runs(const Contract& contract, Contract::Direction direction);

} // namespace singlet::verifier
