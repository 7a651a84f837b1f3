#include "verifier/fixpoint.hh"

#include <algorithm>

#include "lib/core/assert.hh"
#include "verifier/limits.hh"
#include "verifier/observer.hh"
#include "verifier/text.hh"
#include "verifier/worklist.hh"

namespace singlet::verifier {
namespace {

class Fixpoint final : EdgeVisitor {
public:
    Fixpoint(const Program& program, std::size_t number, const Flow& flow,
             const std::vector<RegisterSet>& live, Meter& meter, Workspace& workspace, Trace* trace)
        : program_(program), function_(program.module.functions[number]), flow_(flow), live_(live),
          meter_(meter), current_(workspace.registers), trace_(trace),
          transfer_(program, number, current_, meter, trace),
          entry_(function_.blocks.size(), function_.registers), reached_(workspace.reached),
          pending_(workspace.pending) {
        reached_.assign(function_.blocks.size(), false);
        pending_.clear(function_.blocks.size());
        if (!trace_) return;
        entry_origins_.resize(reached_.size());
        first_from_.resize(reached_.size());
    }

    bool run() {
        transfer_.enter_function();
        from_ = MeetingNote::kCaller;
        // <lab3:fixpoint pending_, flow_ else return true;>
        edge(0);
        for (auto next = pending_.take(); next != Worklist::kNone; next = pending_.take())
            if (!walk(flow_.order[next])) return false;
        return true;
        // </lab3:fixpoint>
    }

    BlockStates& entry() { return entry_; }
    const Diagnosis& diagnosis() const { return transfer_.diagnosis(); }

private:
    bool walk(std::uint16_t block) {
        const std::uint32_t begin = function_.blocks[block], end = block_end(function_, block);
        const std::size_t edges = successor_count(function_, function_.code[end - 1]);
        if (!meter_.spend(end - begin + (1 + edges) * current_.size()))
            return transfer_.refuse(Rule::Limit,
                                    "finding the types of " + function_.name +
                                        " takes more work than is allowed for its size");
        std::ranges::copy(entry_[block], current_.begin());
        if (trace_) trace_->origins = entry_origins_[block];
        from_ = block;
        if (observed()) trace_->observer->visit(block, current_, *trace_);
        for (std::uint32_t pc = begin; pc + 1 < end; ++pc)
            if (!transfer_.step(pc)) return false;
        return transfer_.finish(end - 1, *this);
    }

    // What the registers hold now arrives at `target`.
    bool edge(std::uint16_t target) override {
        if (observed()) trace_->observer->edge(target, !reached_[target], current_, *trace_);
        // <lab3:fixpoint target else return true;>
        bool learnt = !reached_[target];
        if (learnt)
            arrive_first(target);
        else if (!arrive_again(target, learnt))
            return false;
        if (learnt) pending_.add(flow_.position[target]);
        return true;
        // </lab3:fixpoint>
    }

    // All that `needed` may say yes of.
    RegisterSet candidates(std::uint16_t target) const {
        RegisterSet set = live_[target];
        // <since lab5>
        set.add_all(transfer_.ever_owed());
        // </since>
        return set;
    }

    bool needed(std::uint16_t target, std::size_t r, [[maybe_unused]] const Type& known) const {
        // <since lab5>
        // What is known of a dead register has been kept for the sake of an owner, so all that arrives meets it.
        if (may_be_owed(current_[r]) || known.kind != Kind::Unset) return true;
        // </since>
        return live_[target].has(r);
    }

    void arrive_first(std::uint16_t target) {
        reached_[target] = true;
        const std::span<Type> entry = entry_[target];
        candidates(target).each([&](std::size_t r) {
            if (needed(target, r, Type{})) entry[r] = current_[r];
        });
        if (!trace_) return;
        entry_origins_[target] = trace_->origins;
        // What is left out was not moved away where it was set.
        for (std::size_t r = 0; r < current_.size(); ++r)
            if (entry[r] != current_[r]) entry_origins_[target][r] = kNoOrigin;
        first_from_[target] = from_;
    }

    bool arrive_again(std::uint16_t target, bool& learnt) {
        return candidates(target).all([&](std::size_t r) { return join(target, r, learnt); });
    }

    bool join(std::uint16_t target, std::size_t r, bool& learnt) {
        Type& known = entry_[target][r];
        if (current_[r] == known || !needed(target, r, known)) return true;
        const Meeting met = meet(program_, known, current_[r]);
        if (trace_) explain(target, r, met);
        // <since lab5>
        if (met.lost) return refuse_lost(target, r);
        // </since>
        learnt |= met.type != known;
        known = met.type;
        return true;
    }

    bool observed() const { return trace_ && trace_->observer; }

    // Notes where both sides came from, if neither is what comes of them.
    void explain(std::uint16_t target, std::size_t r, const Meeting& met) {
        Origin& origin = entry_origins_[target][r];
        const Type& known = entry_[target][r];
        const MeetingNote sides{{first_from_[target], known, origin},
                                {from_, current_[r], trace_->origins[r]}};
        if (observed())
            trace_->observer->join({target, static_cast<std::uint16_t>(r), sides.first,
                                    sides.second, met.type, met.lost});
        const bool half_set = known.kind == Kind::Unset && !is_meeting(origin);
        if (met.type == known && !met.lost && !half_set) return;
        if (met.type.kind != Kind::Conflict && met.type.kind != Kind::Unset) {
            if (known.kind == Kind::Null) origin = trace_->origins[r];
            return;
        }
        if (current_[r].kind == Kind::Conflict) {
            origin = trace_->origins[r];
            return;
        }
        // What nobody remembers is told without its places; a value that is lost ends the walk.
        if (trace_->meetings.size() >= limits::kMeetings && !met.lost) {
            origin = kNoOrigin;
            return;
        }
        trace_->meetings.push_back(sides);
        origin = kMeeting | static_cast<Origin>(trace_->meetings.size() - 1);
    }

    // <since lab5>
    bool refuse_lost(std::uint16_t target, std::size_t r) {
        const Type &known = entry_[target][r], &brought = current_[r];
        const bool lent = known.lent || brought.lent, both = is_owned(known) && is_owned(brought);
        std::string where = "block " + number_text(target) + " needs " + register_text(r);
        where += lent   ? " to hold the same borrowed value on all paths"
                 : both ? " to be owned as one type on all paths"
                        : " to be owned on all paths or on none";
        if (trace_) {
            where += ", but it is " + meeting_text(program_.module, trace_->meetings.back());
            transfer_.mention(kMeeting | static_cast<Origin>(trace_->meetings.size() - 1));
        }
        return transfer_.refuse(lent ? Rule::LentState : Rule::OwnedMeet, where);
    }
    // </since>

    const Program& program_;
    const Function& function_;
    const Flow& flow_;
    const std::vector<RegisterSet>& live_;
    Meter& meter_;
    Registers& current_;
    Trace* trace_;
    Transfer transfer_;
    BlockStates entry_;
    std::vector<bool>& reached_;
    Worklist& pending_;      // blocks to walk, by their position in the order
    std::uint16_t from_ = 0; // the block being walked
    std::vector<std::vector<Origin>> entry_origins_; // with a trace only
    std::vector<std::uint16_t> first_from_;
};

} // namespace

// A function that is refused, or observed, is walked a second time with a trace, which puts the refusal into words.
Checked<BlockStates> find_states(const Program& program, std::size_t number, const Flow& flow,
                                 const std::vector<RegisterSet>& live, Meter& meter,
                                 Workspace& workspace, Observer* observer) {
    const Meter start = meter;
    workspace.registers.resize(program.module.functions[number].registers);
    Fixpoint fast(program, number, flow, live, meter, workspace, nullptr);
    const bool found = fast.run();
    if (found && !observer) return std::move(fast.entry());
    Meter again = start;
    Trace trace{.origins = {}, .meetings = {}, .observer = observer};
    Fixpoint slow(program, number, flow, live, again, workspace, &trace);
    const bool found_again = slow.run();
    if (found) return std::move(fast.entry());
    return std::unexpected(found_again ? fast.diagnosis() : slow.diagnosis());
}

} // namespace singlet::verifier
