// The explanation as JSON. A state is an array of registers {"register", "type", "owner", "from"}; it stands whole at the beginning
// of a visit, and each step of the visit has the registers that its instruction changed, "unset" among the types.
//
//   {module, verdict, refusal, functions: [
//     {name, number, signature, source, registers, entry, verdict, order, whole,
//      blocks: [{first, end, visits, from, to}],
//      code:   [{text, line, means}],                       one an instruction
//      visits: [{block, state, steps, edges: [{to, first, changes, joins: [{register, known, brought, result, lost}]}]}]}]}
#include "verifier/explain/json.hh"

#include <utility>

#include "verifier/flow.hh"
#include "verifier/text.hh"

namespace singlet::verifier::explain {
namespace {

using Json = nlohmann::ordered_json;

class FunctionJson {
public:
    FunctionJson(const Module& module, const FunctionRecord& record, const Report& report,
                 bool shown_only)
        : module_(module), f_(module.functions[record.number]), record_(record), report_(report),
          shown_only_(shown_only) {}

    Json run() {
        Json visits = Json::array();
        shown_.assign(f_.blocks.size(), !shown_only_);
        meanings_.resize(f_.code.size());
        for (const Visit& v : record_.history)
            visits.push_back(visit(v));
        Json blocks = Json::array(), code = Json::array();
        const auto from = predecessors(f_);
        for (std::size_t b = 0; b < f_.blocks.size(); ++b) {
            blocks.push_back(block(b, from[b]));
            for (std::uint32_t pc = f_.blocks[b]; pc < block_end(f_, b); ++pc)
                code.push_back(shown_[b] || !record_.visits[b] ? instruction(pc) : Json(nullptr));
        }
        return {{"name", f_.name},
                {"number", record_.number},
                {"signature", signature(module_, f_)},
                {"source", module_.source_name(f_.source)},
                {"registers", f_.registers},
                {"entry", module_.manifest.entry == record_.number},
                {"verdict", verdict(report_, &record_)},
                {"order", record_.order},
                {"whole", record_.whole},
                {"blocks", std::move(blocks)},
                {"code", std::move(code)},
                {"visits", std::move(visits)}};
    }

private:
    Json value(const Type& type) {
        return {{"type", type_text(module_, type)}, {"owner", ownership(type)}};
    }

    Json known(const Known& k) {
        types_[k.reg] = k.type;
        return {{"register", k.reg},
                {"type", type_text(module_, k.type)},
                {"owner", ownership(k.type)},
                {"from", origin_text(f_, k.origin, record_.trace)}};
    }

    Json known(const std::vector<Known>& list) {
        Json result = Json::array();
        for (const Known& k : list)
            result.push_back(known(k));
        return result;
    }

    Json side(const MeetingNote::Path& path) {
        Json result = value(path.type);
        if (path.from == MeetingNote::kCaller)
            result["block"] = nullptr;
        else
            result["block"] = path.from;
        result["from"] = origin_text(f_, path.origin, record_.trace);
        return result;
    }

    Json edge(const Edge& e) {
        Json joins = Json::array();
        for (const Join& j : e.joins)
            joins.push_back({{"register", j.reg},
                             {"known", side(j.known)},
                             {"brought", side(j.brought)},
                             {"result", value(j.result)},
                             {"lost", j.lost}});
        return {{"to", e.target},
                {"first", e.first},
                {"changes", known(e.changes)},
                {"joins", std::move(joins)}};
    }

    Json visit(const Visit& v) {
        shown_[v.block] = true;
        types_.assign(f_.registers, Type{});
        Json state = known(v.entry), steps = Json::array(), edges = Json::array();
        std::uint32_t pc = f_.blocks[v.block];
        for (const auto& step : v.steps) {
            note_meaning(pc++);
            steps.push_back(known(step));
        }
        note_meaning(pc);
        for (const Edge& e : v.edges)
            edges.push_back(edge(e));
        return {{"block", v.block},
                {"state", std::move(state)},
                {"steps", std::move(steps)},
                {"edges", std::move(edges)}};
    }

    void note_meaning(std::uint32_t pc) {
        std::string what = meaning(module_, f_.code[pc], types_);
        if (!what.empty()) meanings_[pc] = std::move(what);
    }

    Json block(std::size_t b, const std::vector<std::uint16_t>& from) {
        const std::uint32_t end = block_end(f_, b);
        Json to = Json::array();
        if (end > f_.blocks[b] && is_terminator(f_.code[end - 1].op))
            for (std::size_t s = 0; s < successor_count(f_, f_.code[end - 1]); ++s)
                add(to, successor(f_, f_.code[end - 1], s), b);
        return {{"first", f_.blocks[b]},
                {"end", end},
                {"visits", record_.visits[b]},
                {"from", from},
                {"to", std::move(to)}};
    }

    // Each block once, however often a switch has it.
    void add(Json& to, std::uint16_t target, std::size_t from) {
        reached_from_.resize(f_.blocks.size(), f_.blocks.size());
        if (std::exchange(reached_from_[target], from) != from) to.push_back(target);
    }

    Json instruction(std::uint32_t pc) {
        return {{"text", short_text(module_, f_, f_.code[pc])},
                {"line", line_of(f_, pc)},
                {"means", meanings_[pc]}};
    }

    const Module& module_;
    const Function& f_;
    const FunctionRecord& record_;
    const Report& report_;
    const bool shown_only_;
    std::vector<bool> shown_;
    std::vector<std::size_t> reached_from_; // of each block: the last one whose edge to it was told
    std::vector<std::string> meanings_;
    std::vector<Type> types_; // at the instruction looked at
};

Json refusal(const Diagnosis& why) {
    auto number = [](std::uint32_t n) { return n == Diagnosis::kNowhere ? Json() : Json(n); };
    Json places = Json::array();
    for (const auto& place : why.places)
        places.push_back(
            {{"instruction", place.pc}, {"line", place.line}, {"text", place.instruction}});
    return {{"rule", info(why.rule).id},
            {"letter", info(why.rule).letter},
            {"protects", info(why.rule).doc},
            {"sentence", why.sentence},
            {"function", why.function},
            {"block", number(why.block)},
            {"instruction", number(why.pc)},
            {"source", why.source},
            {"line", why.line},
            {"places", std::move(places)},
            {"text", why.to_string()}};
}

} // namespace

Json json_value(const Subject& subject, const Report& report, bool shown_only) {
    Json functions = Json::array();
    for (const FunctionRecord& record : report.functions)
        functions.push_back(FunctionJson(subject.module, record, report, shown_only).run());
    return {{"module", subject.path},
            {"verdict", report.refusal ? "refused" : "accepted"},
            {"refusal", report.refusal ? refusal(*report.refusal) : Json()},
            {"functions", std::move(functions)}};
}

// Names and strings are whatever bytes the module has: those that are no UTF-8 are replaced.
std::string json(const Subject& subject, const Report& report) {
    return json_value(subject, report, false).dump(1, ' ', false, Json::error_handler_t::replace) +
           "\n";
}

} // namespace singlet::verifier::explain
