#include "verifier/runs.hh"

#include <algorithm>

#include "lib/core/assert.hh"

namespace singlet::verifier {
namespace {

// Depth first along the messages of one direction. A state on the stack that comes up again closes a cycle.
class Search {
public:
    Search(const Contract& contract, Contract::Direction direction)
        : contract_(contract), direction_(direction), progress_(contract.states.size()) {
        runs_.length.resize(contract.states.size());
        runs_.order.reserve(contract.states.size());
    }

    Runs run() {
        for (std::size_t s = 0; s < contract_.states.size() && !runs_.cycle; ++s) {
            if (progress_[s] == Progress::New) open(static_cast<std::uint16_t>(s));
            while (!stack_.empty() && !runs_.cycle)
                advance();
        }
        return std::move(runs_);
    }

private:
    enum class Progress : std::uint8_t { New, Open, Done };
    struct Visit {
        std::uint16_t state;
        std::size_t next; // transition
    };

    void open(std::uint16_t state) {
        progress_[state] = Progress::Open;
        stack_.push_back({state, 0});
    }

    // Looks at one more transition of the state on top.
    void advance() {
        // <lab6:queues else stack_.clear();>
        auto& [state, next] = stack_.back();
        const auto& transitions = contract_.states[state].transitions;
        if (next == transitions.size()) {
            close(state);
            return;
        }
        const Contract::Transition t = transitions[next++];
        if (!runs(t) || progress_[t.next] == Progress::Done) return;
        if (progress_[t.next] == Progress::Open)
            runs_.cycle = t.next;
        else
            open(t.next);
        // </lab6:queues>
    }

    void close(std::uint16_t state) {
        std::uint16_t longest = 0;
        for (const auto& t : contract_.states[state].transitions)
            if (runs(t)) longest = std::max<std::uint16_t>(longest, 1 + runs_.length[t.next]);
        runs_.length[state] = longest;
        runs_.order.push_back(state);
        progress_[state] = Progress::Done;
        stack_.pop_back();
    }

    bool runs(const Contract::Transition& t) const {
        return contract_.messages[t.message].direction == direction_;
    }

    const Contract& contract_;
    Contract::Direction direction_;
    Runs runs_;
    std::vector<Progress> progress_;
    std::vector<Visit> stack_;
};

} // namespace

Runs find_runs(const Contract& contract, Contract::Direction direction) {
    return Search(contract, direction).run();
}

} // namespace singlet::verifier
