// Adding up, and writing of records.
#include "grade/clock/report.hh"

#include <algorithm>
#include <string_view>

namespace singlet::clock {
namespace {

// Classes that count events, not instructions that were executed.
bool is_event(Class c) {
    return c == Class::Delivery || c == Class::RepStep || c == Class::MemoryIo;
}

std::uint64_t cache_cycles(const CacheCounts& counts, const Params& p) {
    return counts.second * p.l2_hit + counts.memory * p.memory;
}

class Json {
public:
    void number(std::string_view key, std::uint64_t value) {
        name(key);
        text_ += std::to_string(value);
        fresh_ = false;
    }
    void open(std::string_view key) {
        name(key);
        text_ += '{';
        fresh_ = true;
    }
    void close() {
        text_ += '}';
        fresh_ = false;
    }
    void counts(std::string_view key, const CacheCounts& c) {
        open(key);
        number("accesses", c.accesses);
        number("l2", c.second);
        number("memory", c.memory);
        close();
    }
    void counts(std::string_view key, const TlbCounts& c) {
        open(key);
        number("l2", c.second);
        number("walks", c.walks);
        number("centicycles", c.cycles);
        close();
    }
    [[nodiscard]] std::string take() { return "{" + text_ + "}\n"; }

private:
    void name(std::string_view key) {
        if (!fresh_) text_ += ", ";
        ((text_ += '"') += key) += "\": ";
    }
    std::string text_;
    bool fresh_ = true;
};

} // namespace

Totals totals(const Model& m) {
    const Params& p = m.params();
    Totals t;
    t.counts = m.counts;
    // Every delivery passes the handler's entry; those that no INT explains came from outside.
    const std::uint64_t ints = t.counts[std::size_t(Class::Interrupt)];
    if (m.deliveries > ints) t.counts[std::size_t(Class::Delivery)] = m.deliveries - ints;
    // A branch that is not taken does not turn the fetching aside: it costs what a move costs.
    const std::uint64_t straight = std::min(m.not_taken, t.counts[std::size_t(Class::Branch)]);
    t.counts[std::size_t(Class::Branch)] -= straight;
    t.counts[std::size_t(Class::Simple)] += straight;
    for (std::size_t i = 0; i < kClasses; ++i) {
        t.by_category[std::size_t(kClassCategories[i])] += t.counts[i] * p.cost[i];
        if (!is_event(Class(i))) t.instructions += t.counts[i];
    }
    t.by_category[std::size_t(Category::Branches)] = m.mispredicted * p.mispredict;
    t.by_category[std::size_t(Category::FetchCache)] = cache_cycles(m.code, p);
    t.by_category[std::size_t(Category::DataCache)] = cache_cycles(m.data, p);
    t.by_category[std::size_t(Category::Tlb)] = m.code_tlb.cycles + m.data_tlb.cycles;
    for (const std::uint64_t part : t.by_category)
        t.total += part;
    return t;
}

std::string record(std::uint16_t mark, const Model& m) {
    const Totals t = totals(m);
    Json json;
    json.number("mark", mark);
    json.number("cycles", t.total / 100);
    json.number("instructions", t.instructions);
    json.open("centicycles");
    json.number("total", t.total);
    for (std::size_t i = 0; i < kCategoryNames.size(); ++i)
        json.number(kCategoryNames[i], t.by_category[i]);
    json.close();
    json.open("counts");
    for (std::size_t i = 0; i < kClasses; ++i)
        json.number(kClassNames[i], t.counts[i]);
    json.close();
    json.counts("code", m.code);
    json.counts("data", m.data);
    json.counts("walk_reads", m.walk_reads);
    json.counts("code_tlb", m.code_tlb);
    json.counts("data_tlb", m.data_tlb);
    json.number("branches", m.branches);
    json.number("mispredicted", m.mispredicted);
    return json.take();
}

std::string record(std::uint16_t mark, std::uint64_t instructions,
                   const std::map<std::uint32_t, std::uint64_t>& executed) {
    Json json;
    json.number("mark", mark);
    json.number("cycles", instructions);
    json.number("instructions", instructions);
    if (!executed.empty()) {
        json.open("executed");
        for (const auto& [address, times] : executed)
            if (times) json.number(std::to_string(address), times);
        json.close();
    }
    return json.take();
}

} // namespace singlet::clock
