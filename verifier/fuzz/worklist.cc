#include "verifier/fuzz/worklist.hh"

#include <algorithm>

#include "verifier/limits.hh"
#include "verifier/transfer.hh"

namespace singlet::fuzz {

using namespace verifier;

namespace {

class Worklist final : EdgeVisitor {
public:
    Worklist(Mistake mistake, const Program& program, std::size_t number,
             const std::vector<RegisterSet>& live)
        : mistake_(mistake), program_(program), function_(program.module.functions[number]),
          live_(live), current_(function_.registers), transfer_(program, number, current_, meter_),
          states_(function_.blocks.size(), function_.registers), reached_(function_.blocks.size()),
          walked_(function_.blocks.size()), waiting_(function_.blocks.size()) {}

    bool run(const std::vector<std::uint16_t>& order) {
        transfer_.enter_function();
        edge(0);
        while (std::ranges::count(waiting_, true) != 0)
            for (const std::uint16_t block : order)
                if (waiting_[block] && !walk(block)) return false;
        return true;
    }

    BlockStates& states() { return states_; }

private:
    bool walk(std::uint16_t block) {
        waiting_[block] = false;
        walked_[block] = true;
        std::ranges::copy(states_[block], current_.begin());
        const std::uint32_t end = block_end(function_, block);
        for (std::uint32_t pc = function_.blocks[block]; pc + 1 < end; ++pc)
            if (!transfer_.step(pc)) return false;
        edges_left_ = successor_count(function_, function_.code[end - 1]);
        return transfer_.finish(end - 1, *this) && !lost_;
    }

    bool edge(std::uint16_t target) override {
        if (edges_left_ > 0 && --edges_left_ == 0 && mistake_ == Mistake::SkipsAnEdge) return true;
        bool learnt = !reached_[target];
        for (std::size_t r = 0; r < current_.size(); ++r)
            learnt |= arrive(target, r);
        reached_[target] = true;
        if (learnt && !(walked_[target] && mistake_ == Mistake::WalksOnce)) waiting_[target] = true;
        return true;
    }

    // Whether anything was learnt.
    bool arrive(std::uint16_t target, std::size_t r) {
        Type& known = states_[target][r];
        const bool pinned = may_be_owed(current_[r]) || known.kind != Kind::Unset;
        if (!live_[target].has(r) && (!pinned || mistake_ == Mistake::ForgetsOwner)) return false;
        const Type before = known;
        if (!reached_[target] || mistake_ == Mistake::LastState)
            known = current_[r];
        else if (mistake_ != Mistake::FirstState)
            known = meeting(known, current_[r]);
        // Types that are only ever replaced could go round for ever.
        return known != before && (mistake_ != Mistake::LastState || ++replaced_ < 1000);
    }

    Type meeting(const Type& a, const Type& b) {
        if (a == b) return a;
        const bool set = a.kind != Kind::Unset && b.kind != Kind::Unset;
        if (mistake_ == Mistake::FirstType && set) return a;
        if (mistake_ == Mistake::ForgetsNull && set) {
            Type sure = a.kind == Kind::Null ? b : a;
            sure.nullable = false;
            if (a.kind == Kind::Null || b.kind == Kind::Null) return sure;
            if (same_thing(a, b) && a.lent == b.lent) return sure;
        }
        if (mistake_ == Mistake::MixesClasses && a.kind == Kind::Ref && b.kind == Kind::Ref)
            return a;
        if (mistake_ == Mistake::MixesStates && a.kind == Kind::Endpoint && b.kind == a.kind)
            return a;
        const Meeting met = meet(program_, a, b);
        lost_ |= met.lost;
        return met.type;
    }

    Mistake mistake_;
    const Program& program_;
    const Function& function_;
    const std::vector<RegisterSet>& live_;
    Registers current_;
    Meter meter_{limits::kWorkFloor};
    Transfer transfer_;
    BlockStates states_;
    std::vector<bool> reached_, walked_, waiting_;
    std::size_t edges_left_ = 0;
    int replaced_ = 0;
    bool lost_ = false;
};

} // namespace

std::optional<BlockStates> find_states(Mistake mistake, const Program& program,
                                       std::size_t function, const Flow& flow,
                                       const std::vector<RegisterSet>& live) {
    Worklist worklist(mistake, program, function, live);
    if (!worklist.run(flow.order)) return {};
    return std::move(worklist.states());
}

} // namespace singlet::fuzz
