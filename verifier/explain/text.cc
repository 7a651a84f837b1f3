// The explanation for a terminal: each function, each block, and between the instructions what they have changed.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "verifier/explain/explain.hh"
#include "verifier/flow.hh"
#include "verifier/text.hh"

namespace singlet::verifier::explain {
namespace {

constexpr std::size_t kOrder = 200; // visits listed

std::string count(std::size_t n, const char* what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string times(std::uint32_t n) {
    return n == 0 ? "not visited" : n == 1 ? "visited once" : fmt::format("visited {} times", n);
}

class Writer {
public:
    Writer(const Module& module, const FunctionRecord& record, const Report& report)
        : module_(module), f_(module.functions[record.number]), record_(record), report_(report) {}

    std::string run() {
        fmt::format_to(out(), "func {}: {}\n", signature(module_, f_), verdict(report_, &record_));
        const std::size_t shown = std::min(kOrder, record_.order.size());
        fmt::format_to(out(), "  {} in this order: {}{}\n", count(record_.order.size(), "visit"),
                       fmt::join(record_.order.begin(),
                                 record_.order.begin() + static_cast<std::ptrdiff_t>(shown), " "),
                       shown < record_.order.size() ? " ..." : "");
        const auto from = predecessors(f_);
        for (std::size_t b = 0; b < f_.blocks.size(); ++b)
            block(b, from[b]);
        if (record_.refused && !told_) refusal();
        return std::move(text_);
    }

private:
    std::back_insert_iterator<std::string> out() { return std::back_inserter(text_); }

    void block(std::size_t b, const std::vector<std::uint16_t>& from) {
        fmt::format_to(out(), "\n  block {}, {}, entered from {}{}{}\n", b,
                       times(record_.visits[b]), b == 0 ? "the caller" : "",
                       b == 0 && !from.empty() ? " and " : "",
                       from.empty() ? ""
                                    : fmt::format("block{} {}", from.size() > 1 ? "s" : "",
                                                  fmt::join(from, ", ")));
        for (const Join& j : record_.joins[b])
            join(j);
        const auto& visit = record_.latest[b];
        types_.assign(f_.registers, Type{});
        pc_ = Diagnosis::kNowhere;
        if (visit)
            for (const Known& k : visit->entry)
                known(k);
        const std::uint32_t first = f_.blocks[b], end = block_end(f_, b);
        for (std::uint32_t pc = first; pc < end; ++pc) {
            instruction(pc);
            if (!visit) continue;
            if (pc - first < visit->steps.size())
                for (const Known& k : visit->steps[pc - first])
                    known(k);
            if (pc + 1 == end)
                for (const Edge& e : visit->edges)
                    edge(e);
            if (record_.refused && report_.refusal->pc == pc) refusal();
        }
    }

    std::string value(const Known& k) {
        if (k.type.kind != Kind::Unset) {
            const auto owner = ownership(k.type) == "owned" ? ", owned" : "";
            return type_text(module_, k.type) + owner;
        }
        return k.origin == kNoOrigin ? "not set" : "gone";
    }

    void known(const Known& k) {
        types_[k.reg] = k.type;
        const std::string where = origin_text(f_, k.origin, record_.trace);
        fmt::format_to(out(), "            r{:<3} {}{}\n", k.reg, value(k),
                       where.empty() || is_here(k.origin) ? "" : "  (" + where + ")");
    }
    bool is_here(Origin origin) const { return origin == pc_; }

    void instruction(std::uint32_t pc) {
        pc_ = pc;
        const std::uint32_t line = line_of(f_, pc);
        std::string code = short_text(module_, f_, f_.code[pc]);
        const std::string what = meaning(module_, f_.code[pc], types_);
        if (!what.empty()) code += "   ; " + what;
        if (line && line != line_)
            fmt::format_to(out(), "  {:>6}  {:<48} line {}\n", pc, code, line);
        else
            fmt::format_to(out(), "  {:>6}  {}\n", pc, code);
        line_ = line;
    }

    void edge(const Edge& e) {
        if (e.changes.empty()) return;
        fmt::format_to(out(), "            on the edge to block {}:\n", e.target);
        for (const Known& k : e.changes)
            fmt::format_to(out(), "              r{:<3} {}\n", k.reg, value(k));
    }

    std::string side(const MeetingNote::Path& path) {
        const std::string from =
            path.from == MeetingNote::kCaller ? "the caller" : fmt::format("block {}", path.from);
        const std::string where = origin_text(f_, path.origin, record_.trace);
        const std::string what =
            path.type.kind == Kind::Unset ? "not set" : type_text(module_, path.type);
        return fmt::format("{} from {}{}", what, from,
                           where.empty() || is_meeting(path.origin) ? "" : " (" + where + ")");
    }

    void join(const Join& j) {
        fmt::format_to(out(), "      join  r{:<3} {}  and  {}  ->  {}\n", j.reg, side(j.known),
                       side(j.brought),
                       j.lost                         ? "refused"
                       : j.result.kind == Kind::Unset ? "not set"
                                                      : type_text(module_, j.result));
    }

    void refusal() {
        told_ = true;
        const Diagnosis& why = *report_.refusal;
        fmt::format_to(out(), "    ^^^^^^  REFUSED [{}] {}\n", info(why.rule).id, why.sentence);
    }

    const Module& module_;
    const Function& f_;
    const FunctionRecord& record_;
    const Report& report_;
    std::vector<Type> types_; // at the instruction being written
    std::uint32_t pc_ = Diagnosis::kNowhere, line_ = 0;
    bool told_ = false;
    std::string text_;
};

} // namespace

std::string text(const Subject& subject, const Report& report) {
    std::string text;
    for (const FunctionRecord& record : report.functions)
        text += Writer(subject.module, record, report).run() + "\n";
    for (std::size_t f = report.reached; report.reached && f < subject.module.functions.size(); ++f)
        if (report.refusal && (!subject.function || *subject.function == f))
            text +=
                fmt::format("func {}: not looked at, the verifier ends at the first refusal\n\n",
                            signature(subject.module, subject.module.functions[f]));
    if (!report.refusal) return text + subject.path + ": accepted\n";
    const bool named = report.refusal->source == subject.path;
    return text + (named ? "" : subject.path + ": ") + report.refusal->to_string() + "\n";
}

} // namespace singlet::verifier::explain
