// Contracts [ES06 2.2]: what each side can do in a state, and pass 2's checks that every contract makes sense, keeps its
// queues finite, leaves somebody a step and hands endpoints over safely.
//
//   state Ready: one { In A -> Busy }                     the importer's turn: it sends A, the exporter receives
//   state Busy:  one { Out B -> Ready, In Stop -> Ended } both may speak: the exporter sends B, the importer Stop
//
// Each side goes through the states on its own: what it sends and what it receives move it on. Where both may speak they
// can be in different states; that this does no harm is shown in product.hh.
#pragma once

#include "verifier/program.hh"

namespace singlet::verifier {

// In messages go from importer to exporter.
constexpr Contract::Direction sent_by(Side side) {
    return side == Side::Importer ? Contract::Direction::In : Contract::Direction::Out;
}
constexpr Side sender(const Contract::Message& message) {
    return message.direction == Contract::Direction::In ? Side::Importer : Side::Exporter;
}

// The transition for `message`, or nullptr if the state has none.
const Contract::Transition* find_transition(const Contract& contract, std::uint16_t state,
                                            std::uint16_t message);

// Whether an endpoint's next step can be a send, or a receive. Neither, at the end of its contract or when closed; both,
// where both sides may speak.
bool sends_next(const Module& module, Type endpoint);
bool receives_next(const Module& module, Type endpoint);

// What the endpoint can do next, for messages: "only send Ask or Quit", "only receive Answer", "only send Stop or receive
// Data", "only be freed".
std::string next_steps_text(const Module& module, Type endpoint);

// Rules contract.form, contract.queue, contract.deadlock. Work is counted on `meter`.
Checked<ContractFacts> check_contract(const Module& module, std::uint16_t contract, Meter& meter);

// "Upload 8 in, 1 out Imp:Start": how many messages can wait for the exporter and for the importer, and in which states an
// endpoint may be sent.
std::string facts_text(const Module& module, std::uint16_t contract, const ContractFacts& facts);

// Rule contract.handover, for all messages and structs.
Result check_handover(const Module& module, const std::vector<ContractFacts>& contracts);

// May a value of the type be in a message? (Not a closed endpoint's: that type is none of the table's.) An endpoint must be about to send, and nothing may wait for it or come while it
// travels. So what is in a queue has an empty queue itself, and no channel ever gets into its own, however long the way
// around: there would be a queue on it that holds something and is held.
bool safe_to_hand_over(const std::vector<ContractFacts>& contracts, Type type);

} // namespace singlet::verifier
