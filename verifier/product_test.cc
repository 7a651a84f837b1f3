// The product against a simulation that knows nothing of it: for small contracts made at random, all orders of steps are gone
// through, one configuration after the other, in the plainest way. Verdict, bounds, the states to travel in and the length of
// the way to a fault must be the same; the way itself must be one that parties can go.
#include "verifier/product.hh"

#include <algorithm>
#include <map>
#include <random>

#include <doctest/doctest.h>

#include "verifier/contracts.hh"
#include "verifier/limits.hh"
#include "verifier/runs.hh"

using namespace singlet::verifier;

namespace {

constexpr std::size_t kLongest = 6; // of a queue that the simulation still believes in

// What two parties have come to: their states, and what waits for them.
struct World {
    std::vector<std::uint16_t> state{0, 0};
    std::vector<std::vector<std::uint16_t>> waits{{}, {}};
    auto operator<=>(const World&) const = default;
};

struct Simulation {
    explicit Simulation(const Contract& c) : contract(c) {}

    bool mine(std::size_t who, std::uint16_t message) const {
        return (contract.messages[message].direction == Contract::Direction::In) == (who == 0);
    }
    const std::vector<Contract::Transition>& can(const World& w, std::size_t who) const {
        return contract.states[w.state[who]].transitions;
    }
    // The world after the step, or nothing if the party cannot take it.
    std::vector<World> after(const World& w, std::size_t who, std::uint16_t message) const {
        for (const auto& t : can(w, who)) {
            if (t.message != message) continue;
            World next = w;
            next.state[who] = t.next;
            if (mine(who, message)) {
                next.waits[1 - who].push_back(message);
            } else {
                if (w.waits[who].empty() || w.waits[who][0] != message) return {};
                next.waits[who].erase(next.waits[who].begin());
            }
            return {next};
        }
        return {};
    }
    bool bad(const World& w) const {
        bool moves = false;
        for (std::size_t who : {0, 1}) {
            bool receives = false, has = false;
            for (const auto& t : can(w, who)) {
                receives |= !mine(who, t.message);
                has |=
                    !mine(who, t.message) && !w.waits[who].empty() && t.message == w.waits[who][0];
                moves |= !after(w, who, t.message).empty();
            }
            const bool ended = can(w, who).empty();
            if (!w.waits[who].empty() && (ended || (receives && !has))) return true;
        }
        return !moves && !(can(w, 0).empty() && can(w, 1).empty());
    }

    // All worlds, by how many steps they are away. False: a queue got too long to go on.
    bool run() {
        seen[World{}] = 0;
        std::vector<World> work{World{}};
        for (std::size_t n = 0; n < work.size(); ++n) {
            const World w = work[n];
            if (bad(w)) {
                fault = std::min(fault, seen[w]);
                continue;
            }
            for (std::size_t who : {0, 1}) {
                if (w.waits[who].size() > kLongest) return false;
                for (const auto& t : can(w, who))
                    for (const World& next : after(w, who, t.message))
                        if (seen.emplace(next, seen[w] + 1).second) work.push_back(next);
            }
        }
        return true;
    }

    const Contract& contract;
    std::map<World, std::size_t> seen;
    std::size_t fault = ~std::size_t{0}; // steps to the nearest
};

class Maker {
public:
    Contract make() { return below(2) ? anything() : nearly_a_grid(); }

private:
    static Contract start(std::size_t messages) {
        Contract c{.name = "Random", .messages = {}, .states = {}};
        for (std::size_t m = 0; m < messages; ++m)
            c.messages.push_back({std::string(1, static_cast<char>('A' + m)),
                                  m % 2 ? Contract::Direction::Out : Contract::Direction::In,
                                  {}});
        return c;
    }

    Contract anything() {
        const std::size_t messages = 2 + below(3), states = 2 + below(5);
        Contract c = start(messages);
        for (std::size_t s = 0; s < states; ++s) {
            Contract::State state{.name = "S" + std::to_string(s), .transitions = {}};
            for (std::uint16_t m = 0; m < messages; ++m)
                if (below(5) < 2)
                    state.transitions.push_back({m, static_cast<std::uint16_t>(below(states))});
            c.states.push_back(std::move(state));
        }
        return c;
    }

    // Each side sends a few messages, in whatever order they cross; then it goes on from the beginning, or from elsewhere, and up
    // to two transitions are changed.
    Contract nearly_a_grid() {
        const std::size_t ins = 1 + below(2), outs = 1 + below(2), columns = outs + 1;
        Contract c = start(4);
        auto next = [](std::size_t s) { return static_cast<std::uint16_t>(s); };
        for (std::size_t i = 0; i <= ins; ++i)
            for (std::size_t o = 0; o <= outs; ++o) {
                const std::size_t s = i * columns + o;
                Contract::State state{.name = "S" + std::to_string(s), .transitions = {}};
                if (i < ins) state.transitions.push_back({next(2 * (i % 2)), next(s + columns)});
                if (o < outs) state.transitions.push_back({next(1 + 2 * (o % 2)), next(s + 1)});
                c.states.push_back(std::move(state));
            }
        if (below(2)) c.states.back().transitions.push_back({next(below(4)), 0});
        for (std::size_t changes = below(3); changes > 0; --changes) {
            Contract::State& state = c.states[below(c.states.size())];
            if (!state.transitions.empty())
                state.transitions[below(state.transitions.size())].next =
                    next(below(c.states.size()));
        }
        return c;
    }

    std::size_t below(std::size_t n) { return random_() % n; }
    std::mt19937 random_{1209};
};

bool has_endless_run(const Contract& c) {
    return find_runs(c, Contract::Direction::In).cycle ||
           find_runs(c, Contract::Direction::Out).cycle;
}

// Can messages be under way in both directions at once?
bool has_race(const Simulation& all) {
    return std::ranges::any_of(all.seen, [](const auto& entry) {
        const World& w = entry.first;
        return !w.waits[0].empty() && !w.waits[1].empty();
    });
}

std::string text(const Contract& c) {
    std::string all;
    for (const auto& s : c.states) {
        all += s.name + ":";
        for (const auto& t : s.transitions)
            all += std::string(" ") + c.messages[t.message].name +
                   (c.messages[t.message].direction == Contract::Direction::In ? "?" : "!") + "->" +
                   c.states[t.next].name;
        all += "; ";
    }
    return all;
}

// The party in each state: whether something can wait for it there.
void check_facts(const Simulation& all, const ContractFacts& facts) {
    std::size_t most[2] = {};
    std::map<std::pair<std::size_t, std::uint16_t>, bool> waits;
    for (const auto& [w, steps] : all.seen)
        for (std::size_t who : {0, 1}) {
            most[who] = std::max(most[who], w.waits[who].size());
            waits[{who, w.state[who]}] |= !w.waits[who].empty();
        }
    CHECK(facts.bound_to_importer == most[0]);
    CHECK(facts.bound_to_exporter == most[1]);
    for (std::size_t who : {0, 1})
        for (std::uint16_t s = 0; s < all.contract.states.size(); ++s) {
            const auto& steps = all.contract.states[s].transitions;
            const bool sends = !steps.empty() && std::ranges::all_of(steps, [&](const auto& t) {
                return all.mine(who, t.message);
            });
            if (waits.contains({who, s}))
                CHECK(facts.hand_over[who][s] == (sends && !waits[{who, s}]));
        }
}

void check_trace(const Simulation& all, const Fault& fault) {
    World w;
    for (const PartyStep& step : fault.trace) {
        const auto who = static_cast<std::size_t>(step.side);
        CHECK(step.sends == all.mine(who, step.message));
        const auto next = all.after(w, who, step.message);
        REQUIRE(next.size() == 1);
        w = next[0];
    }
    CHECK(all.bad(w));
    CHECK(w.state[0] == fault.states[0]);
    CHECK(w.state[1] == fault.states[1]);
}

} // namespace

TEST_CASE("small contracts: the product finds what trying everything finds") {
    Maker maker;
    std::size_t accepted = 0, refused = 0, races = 0, endless = 0;
    for (int round = 0; round < 20000; ++round) {
        const Contract contract = maker.make();
        if (has_endless_run(contract)) continue;
        CAPTURE(text(contract));
        Meter meter(limits::kContractWork);
        const auto [facts, fault] = explore(contract, meter);
        Simulation all(contract);
        if (!all.run()) {
            // Queues that do not end, or end far away: nothing to compare with, but a fault can be gone to.
            if (!fault) {
                CHECK(std::max(facts.bound_to_importer, facts.bound_to_exporter) > kLongest);
                continue;
            }
            const Fault::What what = fault->what;
            if (what == Fault::What::Endless || what == Fault::What::TooMuch)
                ++endless;
            else
                check_trace(all, *fault);
            continue;
        }
        const bool faulty = all.fault != ~std::size_t{0};
        REQUIRE(fault.has_value() == faulty);
        if (!fault) {
            check_facts(all, facts);
            races += has_race(all);
            ++accepted;
        } else {
            check_trace(all, *fault);
            CHECK(fault->trace.size() == all.fault);
            ++refused;
        }
    }
    MESSAGE("accepted ", accepted, " (", races, " with messages both ways at once), refused ",
            refused, ", endless ", endless);
    CHECK(accepted > 1000);
    CHECK(races > 1000);
    CHECK(refused > 1000);
    CHECK(endless > 3);
}

TEST_CASE("whatever a party receives is work, also where it has no choice") {
    const Contract contract{.name = "Once",
                            .messages = {{"Done", Contract::Direction::Out, {}}},
                            .states = {{"Start", {{0, 1}}}, {"End", {}}}};
    Meter meter(limits::kContractWork);
    CHECK_FALSE(explore(contract, meter).fault);
    Meter less(meter.spent() - 1);
    REQUIRE(explore(contract, less).fault);
}
