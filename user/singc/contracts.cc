// Contracts: from chains of messages to states and transitions. Named states come first and keep their order; each place
// between two arrows becomes a state without a name. What makes a contract well-formed is checked here for the sake of its
// author's line and caret; the verifier checks it again.
#include <algorithm>

#include <fmt/format.h>

#include "user/singc/symbols.hh"
#include "verifier/contracts.hh"
#include "verifier/limits.hh"

namespace singlet::singc {
namespace {

namespace limits = verifier::limits;

class ContractBuilder {
public:
    ContractBuilder(Program& program, Diagnostics& diagnostics, ContractInfo& contract)
        : program_(program), diagnostics_(diagnostics), contract_(contract) {}

    void build() {
        for (const MessageSyntax& m : contract_.syntax->messages)
            message(m);
        for (const StateSyntax& s : contract_.syntax->states) {
            if (int first = contract_.state(s.name); first >= 0) {
                diagnostics_.error(s.place, fmt::format("state `{}` is declared twice", s.name),
                                   {{contract_.states[static_cast<std::size_t>(first)].place,
                                     "the first time here"}});
            }
            contract_.states.push_back({s.name, s.place, {}});
        }
        if (contract_.states.empty())
            diagnostics_.error(contract_.place,
                               fmt::format("contract {} has no state", contract_.name));
        std::size_t before = diagnostics_.count();
        for (std::size_t i = 0; i < contract_.syntax->states.size(); i++)
            for (const auto& step : contract_.syntax->states[i].steps)
                add(*step, static_cast<std::uint16_t>(i));
        if (diagnostics_.count() != before || contract_.states.empty()) return;
        check_limits();
        check_reachable();
        check_queues();
        if (diagnostics_.count() == before) check_parties();
    }

private:
    void message(const MessageSyntax& m) {
        if (int first = contract_.message(m.name); first >= 0) {
            diagnostics_.error(m.place, fmt::format("message `{}` is declared twice", m.name),
                               {{contract_.messages[static_cast<std::size_t>(first)].place,
                                 "the first time here"}});
            return;
        }
        if (m.name == "ChannelClosed")
            diagnostics_.error(m.place, "`ChannelClosed` comes by itself when the peer closes; a "
                                        "message needs another name");
        MessageInfo info{m.name, m.place, m.out, {}};
        for (const Parameter& p : m.parameters) {
            Type t = resolve_type(program_, diagnostics_, *p.syntax);
            bool fits = t.error() || t.integer() || t == TypeKind::Bool ||
                        (t.owned() && t != TypeKind::Set);
            if (!fits)
                diagnostics_.error(p.place,
                                   fmt::format("a message cannot carry {}: only integers, bool and "
                                               "owned values that are not sets",
                                               program_.type_name(t)));
            info.params.push_back({p.name, fits ? t : kErrorType, p.place, true});
        }
        if (info.params.size() > limits::kMessageArguments)
            diagnostics_.error(m.place,
                               fmt::format("message {} has {} arguments; the most is {}", m.name,
                                           info.params.size(), limits::kMessageArguments));
        contract_.messages.push_back(std::move(info));
    }

    void add(const StepSyntax& step, std::uint16_t from) {
        // Where a choice leads is shared by all its messages without a way of their own.
        std::uint16_t shared = 0;
        bool have_shared = step.next || !step.next_state.empty();
        if (have_shared) shared = target(step);
        for (const auto& c : step.choices) {
            int m = contract_.message(c.message);
            if (m < 0) {
                std::vector<std::string> names;
                for (const MessageInfo& i : contract_.messages)
                    names.push_back(i.name);
                diagnostics_.error(c.place,
                                   fmt::format("contract {} has no message `{}`{}", contract_.name,
                                               c.message, did_you_mean(c.message, names)));
                continue;
            }
            const MessageInfo& info = contract_.messages[static_cast<std::size_t>(m)];
            if (info.out != c.sends) {
                diagnostics_.error(c.place,
                                   fmt::format("`{}` is an `{}` message: expected `{}{}`",
                                               c.message, info.out ? "out" : "in", c.message,
                                               info.out ? "!" : "?"),
                                   {{info.place, "declared here"}});
                continue;
            }
            for (const TransitionInfo& t : contract_.states[from].transitions)
                if (t.message == m)
                    diagnostics_.error(c.place,
                                       fmt::format("`{}` stands twice in one state", c.message),
                                       {{t.place, "the first time here"}});
            std::uint16_t next = c.own ? target(*c.own) : shared;
            contract_.states[from].transitions.push_back(
                {static_cast<std::uint16_t>(m), next, c.place});
        }
    }

    std::uint16_t target(const StepSyntax& step) {
        if (step.next) {
            std::uint16_t state = static_cast<std::uint16_t>(contract_.states.size());
            if (state >= limits::kStates) return 0;
            Place place =
                step.next->choices.empty() ? contract_.place : step.next->choices[0].place;
            contract_.states.push_back({"", place, {}});
            add(*step.next, state);
            return state;
        }
        int state = contract_.state(step.next_state);
        if (state >= 0) return static_cast<std::uint16_t>(state);
        std::vector<std::string> names;
        for (const StateInfo& s : contract_.states)
            names.push_back(s.name);
        diagnostics_.error(step.next_place,
                           fmt::format("contract {} has no state `{}`{}", contract_.name,
                                       step.next_state, did_you_mean(step.next_state, names)));
        return 0;
    }

    void check_limits() {
        if (contract_.states.size() >= limits::kStates)
            diagnostics_.error(contract_.place,
                               fmt::format("contract {} has too many states", contract_.name));
        if (contract_.messages.size() > limits::kMessages)
            diagnostics_.error(contract_.place,
                               fmt::format("contract {} has too many messages", contract_.name));
    }

    void check_reachable() {
        std::vector<bool> seen(contract_.states.size());
        std::vector<std::uint16_t> todo{0};
        seen[0] = true;
        while (!todo.empty()) {
            std::uint16_t s = todo.back();
            todo.pop_back();
            for (const TransitionInfo& t : contract_.states[s].transitions)
                if (!seen[t.next]) {
                    seen[t.next] = true;
                    todo.push_back(t.next);
                }
        }
        for (std::size_t i = 0; i < seen.size(); i++)
            if (!seen[i] && !contract_.states[i].name.empty())
                diagnostics_.error(contract_.states[i].place,
                                   fmt::format("state `{}` cannot be reached from `{}`, the first",
                                               contract_.states[i].name, contract_.states[0].name));
    }

    // A cycle whose messages all go one way would need a queue without end [ES06 2.3]. States of the other direction cut
    // all such cycles; what remains after taking away states that lead nowhere further is a cycle.
    void check_queues() {
        for (bool direction : {false, true}) {
            std::vector<bool> gone(contract_.states.size());
            for (bool changed = true; changed;) {
                changed = false;
                for (std::size_t i = 0; i < gone.size(); i++) {
                    if (gone[i]) continue;
                    bool stays = false;
                    for (const TransitionInfo& t : contract_.states[i].transitions)
                        stays = stays || (out(t) == direction && !gone[t.next]);
                    if (!stays) gone[i] = changed = true;
                }
            }
            auto cycle = std::find(gone.begin(), gone.end(), false);
            if (cycle == gone.end()) continue;
            const StateInfo& s = contract_.states[static_cast<std::size_t>(cycle - gone.begin())];
            diagnostics_.error(
                s.transitions[0].place,
                fmt::format("the {} could send for ever here without waiting for the "
                            "other side: every cycle needs a message each way",
                            direction ? "exporter" : "importer"));
            return;
        }
    }

    // Can two parties that obey the contract get stuck? The verifier knows, and says how.
    void check_parties() {
        using verifier::Contract;
        verifier::Module module;
        Contract& c = module.contracts.emplace_back();
        c.name = contract_.name;
        for (const MessageInfo& m : contract_.messages)
            c.messages.push_back(
                {m.name, m.out ? Contract::Direction::Out : Contract::Direction::In, {}});
        for (const StateInfo& s : contract_.states) {
            Contract::State& state = c.states.emplace_back();
            state.name = s.name;
            for (const TransitionInfo& t : s.transitions)
                state.transitions.push_back({t.message, t.next});
        }
        verifier::Meter meter(limits::kContractWork);
        auto facts = verifier::check_contract(module, 0, meter);
        if (facts)
            contract_.facts = *facts;
        else
            diagnostics_.error(contract_.place, facts.error().sentence);
    }

    bool out(const TransitionInfo& t) const { return contract_.messages[t.message].out; }

    Program& program_;
    Diagnostics& diagnostics_;
    ContractInfo& contract_;
};

} // namespace

void declare_contract(Program& program, Diagnostics& diagnostics, ContractInfo& contract) {
    ContractBuilder(program, diagnostics, contract).build();
}

} // namespace singlet::singc
