#include "verifier/product.hh"

#include <algorithm>
#include <string>

#include "lib/core/assert.hh"
#include "verifier/configurations.hh"
#include "verifier/contracts.hh"
#include "verifier/limits.hh"
#include "verifier/runs.hh"

namespace singlet::verifier {
namespace {

using Transition = Contract::Transition;

constexpr Side other(Side side) { return side == Side::Importer ? Side::Exporter : Side::Importer; }
constexpr Side kSides[] = {Side::Importer, Side::Exporter};

constexpr std::size_t at(Side side) { return static_cast<std::size_t>(side); }

// Which orders of steps are tried, and what is looked at first.
enum class Orders : std::uint8_t {
    Enough,  // to know everything
    All,     // so that the first fault is one of the nearest
    Longest, // enough, where most messages wait: to see queues grow
};

class Product {
public:
    Product(const Contract& contract, Meter& meter, Orders orders)
        : contract_(contract), meter_(meter), orders_(orders), sends_(contract.states.size()) {
        for (std::size_t s = 0; s < sends_.size(); ++s)
            for (const Transition& t : contract.states[s].transitions)
                sends_[s].by[at(sender(contract.messages[t.message]))] |= bit(t.message);
    }

    Exploration explore();

private:
    using Wrong = std::optional<Fault>;
    static constexpr std::uint64_t bit(std::uint16_t message) {
        return std::uint64_t{1} << message;
    }
    static_assert(limits::kMessages <= 64);

    bool can_send(const Configuration& c, Side side) const {
        return sends_[c.state[at(side)]].by[at(side)];
    }
    std::uint64_t receivable(const Configuration& c, Side side) const {
        return sends_[c.state[at(side)]].by[at(other(side))];
    }
    bool ended(const Configuration& c, Side side) const {
        return contract_.states[c.state[at(side)]].transitions.empty();
    }
    // Nothing to choose: the party can only receive, and what it finds is in its state.
    bool must_receive(const Configuration& c, Side side) const {
        const auto& queue = c.queue[at(side)];
        return !queue.empty() && !can_send(c, side) && (receivable(c, side) & bit(queue[0]));
    }

    std::size_t choose(std::size_t turn);
    bool add(const Configuration& c, std::size_t parent, PartyStep taken);
    Wrong step_from(std::size_t number);
    bool step(Configuration& c, Side side, const Transition& t) const;
    Wrong settle(Configuration& c, std::vector<PartyStep>* trace) const;
    Wrong wrong(const Configuration& c) const;
    void senders_may_travel();
    void who_has_mail_stays(const Configuration& c);
    Wrong note(const Configuration& c);
    bool ahead(Side side, const Configuration& c, std::uint16_t& most) const;
    Fault fault(Fault::What what, Side side, const Configuration& c,
                std::uint16_t message = 0) const;
    std::vector<PartyStep> trace_to(std::size_t number, const PartyStep* last) const;

    const Contract& contract_;
    Meter& meter_;
    Orders orders_;
    struct Sends {
        std::uint64_t by[2] = {}; // messages of a state that the importer, the exporter sends
    };
    std::vector<Sends> sends_;
    Configurations seen_;
    std::vector<std::uint32_t> heap_; // of those not yet gone on from, the longest on top
    Runs runs_[2];                    // of the importer, the exporter
    ContractFacts facts_;
};

Exploration Product::explore() {
    for (Side side : kSides)
        runs_[at(side)] = find_runs(contract_, sent_by(side));
    senders_may_travel();
    add({}, 0, {});
    for (std::size_t turn = 0; turn < seen_.size(); ++turn) {
        const std::size_t n = choose(turn);
        Wrong found = note(seen_[n]);
        if (!found) found = step_from(n);
        if (!found) continue;
        if (found->trace.empty()) found->trace = trace_to(n, nullptr);
        return {facts_, std::move(found)};
    }
    return {facts_, {}};
}

// The next configuration to go on from: breadth first, or the one with the most messages.
std::size_t Product::choose(std::size_t turn) {
    if (orders_ != Orders::Longest) return turn;
    std::ranges::pop_heap(heap_, {}, [&](auto n) { return seen_.length(n); });
    const std::size_t longest = heap_.back();
    heap_.pop_back();
    return longest;
}

bool Product::add(const Configuration& c, std::size_t parent, PartyStep taken) {
    const std::size_t before = seen_.size();
    if (!seen_.add(c, parent, taken, meter_)) return false;
    if (orders_ != Orders::Longest || seen_.size() == before) return true;
    heap_.push_back(static_cast<std::uint32_t>(before));
    std::ranges::push_heap(heap_, {}, [&](auto n) { return seen_.length(n); });
    return true;
}

// What both parties can do in configuration `number`.
Product::Wrong Product::step_from(std::size_t number) {
    const Configuration from = seen_[number];
    for (Side side : kSides)
        for (const Transition& t : contract_.states[from.state[at(side)]].transitions) {
            Configuration to = from;
            if (!meter_.spend(6 + to.queue[0].size() + to.queue[1].size()))
                return fault(Fault::What::TooMuch, side, from);
            if (!step(to, side, t)) continue;
            const PartyStep taken{side, sender(contract_.messages[t.message]) == side, t.message};
            if (Wrong found = settle(to, nullptr)) {
                found->trace = trace_to(number, &taken);
                return found;
            }
            if (!add(to, number, taken)) return fault(Fault::What::TooMuch, side, from);
        }
    return {};
}

// False: the party cannot take this transition now.
bool Product::step(Configuration& c, Side side, const Transition& t) const {
    const auto message = static_cast<char>(t.message);
    if (sender(contract_.messages[t.message]) == side) {
        c.queue[at(other(side))] += message;
    } else {
        auto& queue = c.queue[at(side)];
        if (queue.empty() || queue[0] != message) return false;
        queue.erase(0, 1);
    }
    c.state[at(side)] = t.next;
    return true;
}

// Takes the steps that are no choice, unless all orders are tried.
Product::Wrong Product::settle(Configuration& c, std::vector<PartyStep>* trace) const {
    for (bool again = true; again;) {
        if (Wrong found = wrong(c)) return found;
        again = false;
        if (orders_ == Orders::All) break;
        for (Side side : kSides) {
            if (!must_receive(c, side)) continue;
            const auto message = static_cast<std::uint16_t>(c.queue[at(side)][0]);
            if (!trace && !meter_.spend(c.queue[at(side)].size()))
                return fault(Fault::What::TooMuch, side, c);
            step(c, side, *find_transition(contract_, c.state[at(side)], message));
            if (trace) trace->push_back({side, false, message});
            again = true;
            break;
        }
    }
    return {};
}

Product::Wrong Product::wrong(const Configuration& c) const {
    // <lab6:product c else return {};>
    bool rests = true; // nobody has a step
    for (Side side : kSides) {
        const auto& queue = c.queue[at(side)];
        rests = rests && queue.empty() && !can_send(c, side);
        if (queue.empty()) continue;
        const auto head = static_cast<std::uint16_t>(queue[0]);
        if (ended(c, side)) return fault(Fault::What::Orphan, side, c, head);
        if (receivable(c, side) && !(receivable(c, side) & bit(head)))
            return fault(Fault::What::Unexpected, side, c, head);
        if (queue.size() > limits::kQueue) return fault(Fault::What::Endless, side, c);
    }
    if (rests && !(ended(c, Side::Importer) && ended(c, Side::Exporter)))
        return fault(Fault::What::Waiting, Side::Importer, c);
    return {};
    // </lab6:product>
}

// An endpoint that can do nothing next but send may be in a message: as far as its contract's states say. Every state is
// looked at for both sides.
void Product::senders_may_travel() {
    // <lab6:handover else facts_.hand_over[0].set(), facts_.hand_over[1].set();>
    for (Side side : kSides)
        for (std::size_t s = 0; s < sends_.size(); ++s)
            facts_.hand_over[at(side)][s] =
                sends_[s].by[at(side)] && !sends_[s].by[at(other(side))];
    // </lab6:handover>
}

// But not if in some configuration messages wait for it in that state: it would be in a queue and have one.
void Product::who_has_mail_stays(const Configuration& c) {
    // <lab6:handover c else return;>
    for (Side side : kSides)
        if (!c.queue[at(side)].empty()) facts_.hand_over[at(side)].reset(c.state[at(side)]);
    // </lab6:handover>
}

// What the configuration says about queues. A party that rests in it, although it could only receive, finds as much as the
// other sends on its own; that one which can do something else rests in configurations that are gone through.
Product::Wrong Product::note(const Configuration& c) {
    if (orders_ != Orders::Enough) return {};
    who_has_mail_stays(c);
    // <lab6:queues else return {};>
    for (Side side : kSides) {
        std::uint16_t& bound =
            side == Side::Importer ? facts_.bound_to_importer : facts_.bound_to_exporter;
        std::uint16_t most = static_cast<std::uint16_t>(c.queue[at(side)].size());
        if (!most && !can_send(c, side) && !ahead(other(side), c, most))
            return fault(Fault::What::TooMuch, side, c);
        bound = std::max(bound, most);
        if (bound > limits::kQueue) return fault(Fault::What::Endless, side, c);
    }
    return {};
    // </lab6:queues>
}

// The most messages that the party can send from here on its own: it may receive what waits for it in between. A row of the
// table has, for each state, what it can send there if the messages from some place in its queue on are still to come; the
// last row is the runs'. False: too much work.
bool Product::ahead(Side side, const Configuration& c, std::uint16_t& most) const {
    const Runs& runs = runs_[at(side)];
    const std::uint16_t start = c.state[at(side)];
    most = runs.length[start];
    const auto& queue = c.queue[at(side)];
    if (queue.empty()) return true;
    std::vector<std::uint16_t> row = runs.length, behind;
    for (std::size_t i = queue.size(); i-- > 0;) {
        behind.swap(row);
        row.assign(behind.size(), 0);
        for (std::uint16_t s : runs.order) {
            const auto& transitions = contract_.states[s].transitions;
            if (!meter_.spend(1 + transitions.size())) return false;
            for (const Transition& t : transitions) {
                std::uint32_t sum = 0;
                if (sender(contract_.messages[t.message]) == side)
                    sum = row[t.next] + 1u;
                else if (t.message == static_cast<std::uint16_t>(queue[i]))
                    sum = behind[t.next];
                row[s] = static_cast<std::uint16_t>(std::max<std::uint32_t>(
                    row[s], std::min<std::uint32_t>(sum, limits::kQueue + 1)));
            }
        }
    }
    most = row[start];
    return true;
}

Fault Product::fault(Fault::What what, Side side, const Configuration& c,
                     std::uint16_t message) const {
    return {.what = what,
            .side = side,
            .message = message,
            .states = {c.state[0], c.state[1]},
            .trace = {}};
}

// The steps to configuration `number`, and `last` behind them if there is one.
std::vector<PartyStep> Product::trace_to(std::size_t number, const PartyStep* last) const {
    std::vector<PartyStep> chosen, trace;
    if (last) chosen.push_back(*last);
    for (; number != 0; number = seen_.parent(number))
        chosen.push_back(seen_.step(number));
    Configuration c;
    for (auto taken = chosen.rbegin(); taken != chosen.rend(); ++taken) {
        step(c, taken->side, *find_transition(contract_, c.state[at(taken->side)], taken->message));
        trace.push_back(*taken);
        settle(c, &trace);
    }
    return trace;
}

} // namespace

// If something is wrong, it is looked for once more, in the order that shows it best.
Exploration explore(const Contract& contract, Meter& meter) {
    Exploration first = Product(contract, meter, Orders::Enough).explore();
    if (!first.fault || first.fault->what == Fault::What::Endless) return first;
    const bool too_much = first.fault->what == Fault::What::TooMuch;
    auto fault = Product(contract, meter, too_much ? Orders::Longest : Orders::All).explore().fault;
    if (!fault) return first; // cannot be: the same is wrong in every order
    const bool told = too_much ? !fault->trace.empty() : fault->what != Fault::What::TooMuch;
    if (told) first.fault = std::move(fault);
    return first;
}

} // namespace singlet::verifier
