// Contracts [ES06 2.2]: whose turn it is in a state, and pass 2's checks that every contract makes sense, keeps its
// queues finite and hands endpoints over safely.
//
//   state Ready: one { In A -> Busy }      the importer's turn: it sends A, the exporter receives
//   state Busy:  one { Out B -> Ready }    the exporter's turn
#pragma once

#include "verifier/program.hh"

namespace singlet::verifier {

// The side that sends in this state; None where nobody does: at the end, or when closed.
enum class Turn : std::uint8_t { Importer, Exporter, None };
Turn turn(const Contract& contract, std::uint16_t state);

// Whether an endpoint's next step is a send, or a receive. Neither, at the end of its contract or when closed.
bool sends_next(const Module& module, Type endpoint);
bool receives_next(const Module& module, Type endpoint);

// What the endpoint can do next, for messages: "send Ask or Quit", "receive Answer", "only be freed".
std::string next_steps_text(const Module& module, Type endpoint);

// The transition for `message`, or nullptr if the state has none.
const Contract::Transition* find_transition(const Contract& contract, std::uint16_t state,
                                            std::uint16_t message);

// Rules contract.form, contract.queue, contract.handover.
Checked<ContractFacts> check_contract(const Module& module, std::uint16_t contract);

// A type whose value may end up in a message: an endpoint of it must be about to send.
bool safe_to_hand_over(const Module& module, Type type);

} // namespace singlet::verifier
