#include "verifier/contracts.hh"

#include <algorithm>

#include "lib/core/try.hh"
#include "verifier/limits.hh"
#include "verifier/product.hh"
#include "verifier/runs.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

std::string about(const Contract& contract) { return "contract " + contract.name; }

std::string state_name(const Contract& contract, std::size_t state) {
    const std::string& name = contract.states[state].name;
    return "state " + (name.empty() ? "#" + number_text(state) : name);
}

std::string side_name(Side side) { return side == Side::Importer ? "importer" : "exporter"; }

// Each message leads to one next state.
Result check_state(const Contract& contract, std::size_t number) {
    std::uint64_t seen = 0; // messages
    static_assert(limits::kMessages <= 64);
    for (const auto& t : contract.states[number].transitions) {
        if (seen >> t.message & 1)
            return refuse(Rule::ContractForm, about(contract) +
                                                  " expects each message once in a state, but " +
                                                  state_name(contract, number) + " has " +
                                                  contract.messages[t.message].name + " twice");
        seen |= std::uint64_t{1} << t.message;
    }
    return {};
}

Result check_reachable(const Contract& contract) {
    std::vector<bool> reached(contract.states.size());
    std::vector<std::uint16_t> work{0};
    reached[0] = true;
    while (!work.empty()) {
        const std::uint16_t state = work.back();
        work.pop_back();
        for (const auto& t : contract.states[state].transitions)
            if (!reached[t.next]) {
                reached[t.next] = true;
                work.push_back(t.next);
            }
    }
    const auto lost = std::find(reached.begin(), reached.end(), false);
    if (lost == reached.end()) return {};
    return refuse(Rule::ContractForm, about(contract) + " never comes to " +
                                          state_name(contract, lost - reached.begin()) +
                                          " from its first state");
}

std::string argument_name(const Contract& contract, const Contract::Message& message,
                          std::size_t argument) {
    return "argument " + number_text(argument) + " of message " + message.name + " of " +
           about(contract);
}

Result check_arguments(const Module& module, const Contract& contract) {
    for (const auto& message : contract.messages)
        for (std::size_t i = 0; i < message.args.size(); ++i) {
            const Type type = module.types[message.args[i]];
            const bool plain = type.kind == Kind::I32 || type.kind == Kind::I64;
            const bool owned = is_owned(type) && type.kind != Kind::Set;
            if (!plain && !owned)
                return refuse(Rule::ContractForm,
                              argument_name(contract, message, i) +
                                  " must be an i32, an i64 or an owned exchange value "
                                  "other than a set, but is " +
                                  type_text(module, type));
        }
    return {};
}

Result check_cycles(const Contract& contract) {
    for (Side side : {Side::Importer, Side::Exporter}) {
        const std::optional<std::uint16_t> cycle = find_runs(contract, sent_by(side)).cycle;
        if (cycle)
            return refuse(Rule::ContractQueue,
                          about(contract) +
                              " expects a send and a receive in every cycle, but from " +
                              state_name(contract, *cycle) + " it comes back there with " +
                              (side == Side::Importer ? "in" : "out") +
                              " messages alone, so no queue would be long enough");
    }
    return {};
}

// ---- what is wrong with a contract that gets its parties stuck

std::string step_text(const Contract& contract, const PartyStep& step) {
    return side_name(step.side) + (step.sends ? " sends " : " receives ") +
           contract.messages[step.message].name;
}

// A long way is cut in the middle, one that goes on for ever at its end.
std::string trace_text(const Contract& contract, const std::vector<PartyStep>& trace,
                       bool endless) {
    constexpr std::size_t kShown = 24;
    const std::size_t first = trace.size() <= kShown ? trace.size()
                              : endless              ? kShown / 2
                                                     : kShown - 4;
    const std::size_t last = trace.size() <= kShown || endless ? 0 : 4;
    std::string text;
    for (std::size_t i = 0; i < first; ++i)
        text += step_text(contract, trace[i]) + ", ";
    if (first + last < trace.size())
        text += endless ? "and so on: "
                        : "... (" + number_text(trace.size() - first - last) + " more), ";
    for (std::size_t i = trace.size() - last; i < trace.size(); ++i)
        text += step_text(contract, trace[i]) + ", ";
    return text;
}

// "7 messages wait for the exporter", after a trace.
std::string queue_text(const std::vector<PartyStep>& trace) {
    std::size_t waiting[2] = {}; // for the importer, the exporter
    for (const PartyStep& step : trace) {
        const bool importer = step.side == Side::Importer;
        step.sends ? ++waiting[importer] : --waiting[!importer];
    }
    const bool exporter = waiting[1] > waiting[0];
    return number_text(waiting[exporter]) + " messages wait for the " +
           side_name(exporter ? Side::Exporter : Side::Importer);
}

// What a party without a step is doing.
std::string rest_text(const Contract& contract, const Fault& fault, Side side) {
    const std::uint16_t state = fault.states[static_cast<std::size_t>(side)];
    return side_name(side) +
           (contract.states[state].transitions.empty() ? " is at its end in " : " waits in ") +
           state_name(contract, state);
}

std::unexpected<Diagnosis> refuse_fault(const Contract& contract, const Fault& fault) {
    const bool endless = fault.what == Fault::What::Endless || fault.what == Fault::What::TooMuch;
    const std::string way = trace_text(contract, fault.trace, endless);
    const std::string state = state_name(contract, fault.states[fault.side == Side::Exporter]);
    const std::string message =
        contract.messages.empty() ? std::string() : contract.messages[fault.message].name;
    const std::string stuck =
        about(contract) + " must leave one of its parties a step until both are at the end, but " +
        way;
    switch (fault.what) {
    case Fault::What::Unexpected:
        return refuse(Rule::ContractDeadlock, stuck + side_name(fault.side) + " cannot receive " +
                                                  message + " in " + state);
    case Fault::What::Orphan:
        return refuse(Rule::ContractDeadlock, stuck + side_name(fault.side) + " is at its end in " +
                                                  state + " and " + message + " waits for it");
    case Fault::What::Waiting:
        return refuse(Rule::ContractDeadlock, stuck + rest_text(contract, fault, Side::Importer) +
                                                  ", " +
                                                  rest_text(contract, fault, Side::Exporter));
    case Fault::What::Endless:
        return refuse(Rule::ContractQueue, about(contract) + " expects finite queues, but " + way +
                                               "more than " + number_text(limits::kQueue) +
                                               " messages can wait for the " +
                                               side_name(fault.side));
    case Fault::What::TooMuch:
        break;
    }
    return refuse(Rule::Limit, about(contract) +
                                   " brings its two parties to more configurations than can be "
                                   "checked" +
                                   (way.empty() ? "" : ": " + way + queue_text(fault.trace)));
}

// ---- what an endpoint can do

bool has_step(const Module& module, Type endpoint, Contract::Direction direction) {
    const Contract& contract = module.contracts[endpoint.index];
    if (endpoint.state >= contract.states.size()) return false;
    for (const auto& t : contract.states[endpoint.state].transitions)
        if (contract.messages[t.message].direction == direction) return true;
    return false;
}

// "Ask, Tell or Quit"
std::string messages_text(const Contract& contract, std::uint16_t state,
                          Contract::Direction direction) {
    std::vector<std::string> names;
    for (const auto& t : contract.states[state].transitions)
        if (contract.messages[t.message].direction == direction)
            names.push_back(contract.messages[t.message].name);
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
    return text;
}

Contract::Direction received_by(Side side) {
    return sent_by(side == Side::Importer ? Side::Exporter : Side::Importer);
}

} // namespace

bool sends_next(const Module& module, Type endpoint) {
    return has_step(module, endpoint, sent_by(endpoint.side));
}

bool receives_next(const Module& module, Type endpoint) {
    return has_step(module, endpoint, received_by(endpoint.side));
}

std::string next_steps_text(const Module& module, Type endpoint) {
    const Contract& contract = module.contracts[endpoint.index];
    const bool sends = sends_next(module, endpoint), receives = receives_next(module, endpoint);
    if (!sends && !receives) return "only be freed";
    std::string text = "only ";
    if (sends)
        text += "send " + messages_text(contract, endpoint.state, sent_by(endpoint.side)) +
                (receives ? " or " : "");
    if (receives)
        text += "receive " + messages_text(contract, endpoint.state, received_by(endpoint.side));
    return text;
}

std::string facts_text(const Module& module, std::uint16_t number, const ContractFacts& facts) {
    std::string text = module.contracts[number].name + " " + number_text(facts.bound_to_exporter) +
                       " in, " + number_text(facts.bound_to_importer) + " out";
    for (Side side : {Side::Importer, Side::Exporter})
        for (std::uint16_t s = 0; s < module.contracts[number].states.size(); ++s)
            if (facts.hand_over[static_cast<std::size_t>(side)][s])
                text += std::string(side == Side::Importer ? " Imp:" : " Exp:") +
                        state_text(module, number, s);
    return text;
}

const Contract::Transition* find_transition(const Contract& contract, std::uint16_t state,
                                            std::uint16_t message) {
    if (state >= contract.states.size()) return nullptr;
    for (const auto& t : contract.states[state].transitions)
        if (t.message == message) return &t;
    return nullptr;
}

Checked<std::vector<ContractFacts>> check_contracts(const Module& module) {
    Meter meter(limits::kContractWork);
    std::vector<ContractFacts> facts;
    facts.reserve(module.contracts.size());
    for (std::size_t c = 0; c < module.contracts.size(); ++c)
        facts.push_back(TRY(check_contract(module, static_cast<std::uint16_t>(c), meter)));
    TRY(check_handover(module, facts));
    return facts;
}

Checked<ContractFacts> check_contract(const Module& module, std::uint16_t number, Meter& meter) {
    const Contract& contract = module.contracts[number];
    for (std::size_t s = 0; s < contract.states.size(); ++s)
        TRY(check_state(contract, s));
    TRY(check_reachable(contract));
    TRY(check_arguments(module, contract));
    TRY(check_cycles(contract));
    const Exploration found = explore(contract, meter);
    if (found.fault) return refuse_fault(contract, *found.fault);
    return found.facts;
}

} // namespace singlet::verifier
