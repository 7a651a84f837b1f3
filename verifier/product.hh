// Two parties that obey a contract, looked at together [Stengel and Bultan 2009]. A configuration is the state that each
// party has come to and the messages that wait for it; a step is a party's sending a message that its state has, or its
// receiving the head of its queue. Where a state has messages of both directions the parties may part ways, so every
// configuration is gone through, and in each somebody must have a step:
//
//   importer in S ---- A ---->  importer in S'  <- B -  exporter in S''      a race: both sent in S, and now S' must
//   exporter in S <---- B ---                   - A ->                       have B, and S'' must have A
//
// Not every order of steps is tried. A party that can do nothing but receive, and has something to receive, does so at
// once: its peer's steps neither need that nor prevent it, so they find the same wherever it happens. What is left of a
// contract without races is one configuration a state. What a queue can hold is then told by how far the other party can
// go on its own while the receiver rests [runs.hh].
#pragma once

#include <optional>
#include <vector>

#include "verifier/program.hh"

namespace singlet::verifier {

struct PartyStep {
    Side side;
    bool sends; // or receives
    std::uint16_t message;
    friend bool operator==(const PartyStep&, const PartyStep&) = default;
};

// A configuration that two parties must not come to, and the steps that lead there from the beginning. They are the fewest
// there are, unless the contract is too large to try all orders.
struct Fault {
    enum class What : std::uint8_t {
        Unexpected, // `side` receives in its state, but not the message that is first in its queue
        Orphan,     // `side` is at its end, and the message waits for it
        Waiting,    // both wait for a message, or one does and the other is at its end
        Endless,    // more messages than limits::kQueue can wait for `side`
        TooMuch,    // there is more to go through than limits.hh allows: this is how far it came
    };
    What what;
    Side side = Side::Importer;
    std::uint16_t message = 0;
    std::uint16_t states[2] = {}; // of the importer, the exporter
    std::vector<PartyStep> trace;
};

struct Exploration {
    ContractFacts facts; // as far as it came
    std::optional<Fault> fault;
};

// Of a contract of the right form, without cycles of one direction.
Exploration explore(const Contract& contract, Meter& meter);

} // namespace singlet::verifier
