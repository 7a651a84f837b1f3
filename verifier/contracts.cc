#include "verifier/contracts.hh"

#include <algorithm>

#include "lib/core/try.hh"
#include "verifier/limits.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

using Direction = Contract::Direction;

std::string about(const Contract& contract) { return "contract " + contract.name; }

std::string state_name(const Contract& contract, std::size_t state) {
    const std::string& name = contract.states[state].name;
    return "state " + (name.empty() ? "#" + number_text(state) : name);
}

// A state of one direction, in which each message leads to one next state.
Result check_state(const Contract& contract, std::size_t number) {
    const Contract::State& state = contract.states[number];
    std::uint64_t seen = 0; // messages; limits::kMessages is 64
    static_assert(limits::kMessages <= 64);
    for (const auto& t : state.transitions) {
        const auto& message = contract.messages[t.message];
        const auto& first = contract.messages[state.transitions[0].message];
        if (message.direction != first.direction)
            return refuse(Rule::ContractForm,
                          about(contract) + " expects each state to send or to receive, but " +
                              state_name(contract, number) + " has " + first.name +
                              " in one direction and " + message.name + " in the other");
        if (seen >> t.message & 1)
            return refuse(Rule::ContractForm,
                          about(contract) + " expects each message once in a state, but " +
                              state_name(contract, number) + " has " + message.name + " twice");
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

Result check_arguments(const Module& module, const Contract& contract) {
    for (const auto& message : contract.messages)
        for (std::size_t i = 0; i < message.args.size(); ++i) {
            const Type type = module.types[message.args[i]];
            const bool plain = type.kind == Kind::I32 || type.kind == Kind::I64;
            const bool owned = is_owned(type) && type.kind != Kind::Set;
            const std::string where = "argument " + number_text(i) + " of message " + message.name +
                                      " of " + about(contract);
            if (!plain && !owned)
                return refuse(Rule::ContractForm,
                              where +
                                  " must be an i32, an i64 or an owned exchange value "
                                  "other than a set, but is " +
                                  type_text(module, type));
            if (!safe_to_hand_over(module, type))
                return refuse(Rule::ContractHandover,
                              where + " must be an endpoint that sends next, but " +
                                  type_text(module, type) + " can " +
                                  next_steps_text(module, type));
        }
    return {};
}

// The longest run of messages of one direction, over all states: nobody can send more before the other side, which has
// to receive all of them first, sends. A run without end is refused. Depth first; a state on the stack that comes up
// again closes a cycle of that direction.
class Runs {
public:
    Runs(const Contract& contract, Direction direction)
        : contract_(contract), direction_(direction), length_(contract.states.size()),
          progress_(contract.states.size(), Progress::New) {}

    // The bound, or the state that closes a cycle.
    std::expected<std::uint16_t, std::size_t> longest() {
        std::uint16_t most = 0;
        for (std::size_t s = 0; s < contract_.states.size(); ++s) {
            if (auto cycle = visit(s); cycle != kNone) return std::unexpected(cycle);
            most = std::max(most, length_[s]);
        }
        return most;
    }

private:
    enum class Progress : std::uint8_t { New, Open, Done };
    static constexpr std::size_t kNone = ~std::size_t{0};
    struct Visit {
        std::size_t state, next;
    };

    bool in_run(std::size_t state) const {
        const auto& transitions = contract_.states[state].transitions;
        return !transitions.empty() &&
               contract_.messages[transitions[0].message].direction == direction_;
    }

    std::size_t visit(std::size_t start) {
        if (!in_run(start) || progress_[start] != Progress::New) return kNone;
        std::vector<Visit> stack{{start, 0}};
        progress_[start] = Progress::Open;
        while (!stack.empty()) {
            auto& [state, next] = stack.back();
            const auto& transitions = contract_.states[state].transitions;
            if (next == transitions.size()) {
                for (const auto& t : transitions)
                    length_[state] = std::max<std::uint16_t>(length_[state], 1 + length_[t.next]);
                progress_[state] = Progress::Done;
                stack.pop_back();
                continue;
            }
            const std::uint16_t target = transitions[next++].next;
            if (!in_run(target) || progress_[target] == Progress::Done) continue;
            if (progress_[target] == Progress::Open) return target;
            progress_[target] = Progress::Open;
            stack.push_back({target, 0});
        }
        return kNone;
    }

    const Contract& contract_;
    Direction direction_;
    std::vector<std::uint16_t> length_; // of the run that begins in the state; 0 outside
    std::vector<Progress> progress_;
};

Checked<std::uint16_t> queue_bound(const Contract& contract, Direction direction) {
    if (auto bound = Runs(contract, direction).longest())
        return *bound;
    else
        return refuse(Rule::ContractQueue,
                      about(contract) + " expects a send and a receive in every cycle, but from " +
                          state_name(contract, bound.error()) + " it comes back there with " +
                          (direction == Direction::In ? "in" : "out") +
                          " messages alone, so no queue would be long enough");
}

} // namespace

Turn turn(const Contract& contract, std::uint16_t state) {
    if (state >= contract.states.size() || contract.states[state].transitions.empty())
        return Turn::None;
    const auto& message = contract.messages[contract.states[state].transitions[0].message];
    return message.direction == Direction::In ? Turn::Importer : Turn::Exporter;
}

bool sends_next(const Module& module, Type endpoint) {
    const Turn now = turn(module.contracts[endpoint.index], endpoint.state);
    return now == (endpoint.side == Side::Importer ? Turn::Importer : Turn::Exporter);
}

bool receives_next(const Module& module, Type endpoint) {
    const Turn now = turn(module.contracts[endpoint.index], endpoint.state);
    return now == (endpoint.side == Side::Importer ? Turn::Exporter : Turn::Importer);
}

std::string next_steps_text(const Module& module, Type endpoint) {
    const Contract& contract = module.contracts[endpoint.index];
    if (turn(contract, endpoint.state) == Turn::None) return "only be freed";
    std::string text = sends_next(module, endpoint) ? "only send " : "only receive ";
    const auto& transitions = contract.states[endpoint.state].transitions;
    for (std::size_t i = 0; i < transitions.size(); ++i) {
        if (i > 0) text += i + 1 == transitions.size() ? " or " : ", ";
        text += contract.messages[transitions[i].message].name;
    }
    return text;
}

const Contract::Transition* find_transition(const Contract& contract, std::uint16_t state,
                                            std::uint16_t message) {
    if (state >= contract.states.size()) return nullptr;
    for (const auto& t : contract.states[state].transitions)
        if (t.message == message) return &t;
    return nullptr;
}

bool safe_to_hand_over(const Module& module, Type type) {
    return type.kind != Kind::Endpoint || sends_next(module, type);
}

Checked<std::vector<ContractFacts>> check_contracts(const Module& module) {
    std::vector<ContractFacts> facts;
    for (std::size_t c = 0; c < module.contracts.size(); ++c)
        facts.push_back(TRY(check_contract(module, static_cast<std::uint16_t>(c))));
    return facts;
}

Checked<ContractFacts> check_contract(const Module& module, std::uint16_t number) {
    const Contract& contract = module.contracts[number];
    for (std::size_t s = 0; s < contract.states.size(); ++s)
        TRY(check_state(contract, s));
    TRY(check_reachable(contract));
    TRY(check_arguments(module, contract));
    return ContractFacts{.bound_to_exporter = TRY(queue_bound(contract, Direction::In)),
                         .bound_to_importer = TRY(queue_bound(contract, Direction::Out))};
}

} // namespace singlet::verifier
