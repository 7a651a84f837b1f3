#include "verifier/explain/record.hh"

#include <algorithm>

#include "verifier/flow.hh"
#include "verifier/limits.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier::explain {
namespace {

constexpr std::size_t kJoins = 16; // kept of one block beside its history

std::size_t facts(const Visit& visit) {
    std::size_t sum = 1 + visit.entry.size();
    for (const auto& step : visit.steps)
        sum += 1 + step.size();
    for (const Edge& edge : visit.edges)
        sum += 1 + edge.changes.size() + edge.joins.size();
    return sum;
}

class Recorder final : public Observer {
public:
    Recorder(const Module& module, std::optional<std::size_t> wanted, std::size_t room)
        : module_(module), wanted_(wanted), room_(room) {}

    void function(const Program& program, std::size_t number) override {
        keep();
        program_ = &program;
        report.reached = number + 1;
        record_ = nullptr;
        if (wanted_ && *wanted_ != number) return;
        const std::size_t blocks = module_.functions[number].blocks.size();
        FunctionRecord record{.number = number,
                              .order = {},
                              .visits = std::vector<std::uint32_t>(blocks),
                              .history = {},
                              .latest = std::vector<std::optional<Visit>>(blocks),
                              .joins = std::vector<std::vector<Join>>(blocks),
                              .trace = {}};
        record_ = &report.functions.emplace_back(std::move(record));
    }

    void visit(std::uint16_t block, std::span<const Type> entry, const Trace& trace) override {
        if (!record_) return;
        keep();
        catch_up(trace);
        record_->order.push_back(block);
        ++record_->visits[block];
        visit_ = Visit{.block = block, .entry = {}, .steps = {}, .edges = {}};
        now_.assign(entry.begin(), entry.end());
        for (std::size_t r = 0; r < now_.size(); ++r)
            if (now_[r].kind != Kind::Unset) visit_->entry.push_back(known(r));
        walk();
    }

    void edge(std::uint16_t target, bool first, std::span<const Type> registers,
              const Trace& trace) override {
        if (!record_ || !visit_) return; // the caller's edge into the function
        catch_up(trace);
        Edge edge{.target = target, .first = first, .changes = {}, .joins = {}};
        for (std::size_t r = 0; r < registers.size(); ++r)
            if (registers[r] != now_[r])
                edge.changes.push_back(
                    {static_cast<std::uint16_t>(r), registers[r], trace.origins[r]});
        visit_->edges.push_back(std::move(edge));
    }

    void join(const Join& join) override {
        if (!record_ || !visit_) return;
        visit_->edges.back().joins.push_back(join);
        std::vector<Join>& joins = record_->joins[join.target];
        const bool learnt = join.lost || join.result != join.known.type;
        if (learnt && (joins.size() < kJoins || join.lost)) joins.push_back(join);
    }

    // No more will come.
    void end(std::optional<Diagnosis> refusal) {
        keep();
        const bool in_function = refusal && !refusal->function.empty() && report.reached > 0;
        if (in_function && record_) record_->refused = true;
        report.refusal = std::move(refusal);
    }

    Report report;

private:
    Known known(std::size_t r) const {
        return {static_cast<std::uint16_t>(r), now_[r], record_->trace.origins[r]};
    }

    // Takes over where types came from. The meetings are the verifier's own list, which only grows.
    void catch_up(const Trace& trace) {
        Trace& own = record_->trace;
        own.origins = trace.origins;
        own.meetings.insert(own.meetings.end(),
                            trace.meetings.begin() +
                                static_cast<std::ptrdiff_t>(own.meetings.size()),
                            trace.meetings.end());
    }

    // The block's instructions up to its terminator or to what the verifier is about to refuse.
    void walk() {
        const Function& f = module_.functions[record_->number];
        Meter meter(0);
        Transfer transfer(*program_, record_->number, now_, meter, &record_->trace);
        const std::uint32_t end = block_end(f, visit_->block);
        for (std::uint32_t pc = f.blocks[visit_->block]; pc + 1 < end; ++pc) {
            before_ = now_;
            origins_before_ = record_->trace.origins;
            if (!transfer.step(pc)) { // its work half done
                now_ = before_;
                return;
            }
            std::vector<Known>& changes = visit_->steps.emplace_back();
            for (std::size_t r = 0; r < now_.size(); ++r)
                if (now_[r] != before_[r] || record_->trace.origins[r] != origins_before_[r])
                    changes.push_back(known(r));
        }
    }

    // Puts the visit that has ended where it belongs.
    void keep() {
        if (!visit_) return;
        const std::size_t size = facts(*visit_);
        record_->latest[visit_->block] = *visit_;
        if (record_->whole && size <= room_) {
            room_ -= size;
            record_->history.push_back(*std::move(visit_));
        } else {
            record_->whole = false;
        }
        visit_.reset();
    }

    const Module& module_;
    std::optional<std::size_t> wanted_;
    std::size_t room_;
    const Program* program_ = nullptr;
    FunctionRecord* record_ = nullptr; // the last of the report, or none
    std::optional<Visit> visit_;       // the one under way
    Registers now_, before_;
    std::vector<Origin> origins_before_;
};

} // namespace

Report explain(const Module& module, const Environment& environment,
               std::optional<std::size_t> function, std::size_t facts) {
    Recorder recorder(module, function, facts);
    const auto verified = verify(module, environment, &recorder);
    recorder.end(verified ? std::nullopt : std::optional(verified.error()));
    return std::move(recorder.report);
}

} // namespace singlet::verifier::explain
