// switch receive: what its cases bind, and that some case matches whatever comes [ES06 2.3].
#include <algorithm>

#include <fmt/format.h>

#include "user/singc/check.hh"
#include "verifier/limits.hh"

namespace singlet::singc {

using Status = VariableFlow::Status;
namespace {

constexpr std::uint16_t kClosedHead = 0xffff; // as verifier::SelectTable
constexpr std::uint16_t kMemberHead = 0xfffe;

} // namespace

std::vector<std::uint16_t> Checker::heads(const Variable& v) {
    if (v.type == TypeKind::Set) return {kMemberHead};
    std::vector<std::uint16_t> result;
    const Type type = current_type(v);
    for (const TransitionInfo& t : *transitions(type))
        if (info(type, t).out != type.exporter) result.push_back(t.message);
    result.push_back(kClosedHead);
    return result;
}

std::string Checker::head_name(const Variable& v, std::uint16_t head) const {
    if (head == kMemberHead) return fmt::format("case x in {}", v.name);
    if (head == kClosedHead) return fmt::format("{}.ChannelClosed()", v.name);
    const MessageInfo& m = program_.contracts[v.type.index].messages[head];
    std::string names;
    for (const ParameterInfo& p : m.params)
        names += (names.empty() ? "" : ", ") + p.name;
    return fmt::format("{}.{}({})", v.name, m.name, names);
}

// Finds the endpoints and sets that the cases name. False: not even that is clear.
bool Checker::receive_operands(Stmt& s) {
    s.operands.clear();
    bool clear = true;
    for (ReceiveCase& c : s.receives)
        for (Pattern& p : c.patterns) {
            Variable* v = find_variable(p.source);
            if (!v) {
                std::vector<std::string> candidates;
                for (const Variable* x : scope_)
                    candidates.push_back(x->name);
                error(p.source_place, fmt::format("there is no variable `{}` here{}", p.source,
                                                  did_you_mean(p.source, candidates)));
                clear = false;
                continue;
            }
            auto known = std::find(s.operands.begin(), s.operands.end(), v);
            p.operand = static_cast<std::size_t>(known - s.operands.begin());
            if (known != s.operands.end()) continue;
            s.operands.push_back(v);
            if (!usable(*v, p.source_place)) {
                clear = clear && !flow_.reachable;
                if (v->type.error() || flow(*v).status == Status::Poison) clear = false;
                if (!flow_.reachable) clear = false;
                continue;
            }
            Type t = current_type(*v);
            if (t != TypeKind::Endpoint && t != TypeKind::Set) {
                error(p.source_place,
                      fmt::format("expected an endpoint or a set, found {}", name(t)));
                clear = false;
            } else if (t.nullable) {
                error(p.source_place, fmt::format("`{}` may be null here; test it first", v->name));
                clear = false;
            } else if (t == TypeKind::Endpoint && message_names(t, false).empty()) {
                error(p.source_place,
                      fmt::format("nothing can be received on `{}` in state {}{}", v->name,
                                  program_.state_name(t),
                                  side_sends(t) ? ": it has to send first" : ""),
                      {{flow(*v).since, "it came to this state here"}});
                clear = false;
            }
        }
    if (s.receives.empty()) {
        error(s.place, "a `switch receive` needs a case");
        clear = false;
    }
    if (s.operands.size() > verifier::limits::kSelectOperands) {
        error(s.place, fmt::format("a `switch receive` waits for at most {} endpoints and sets",
                                   verifier::limits::kSelectOperands));
        clear = false;
    }
    return clear;
}

void Checker::check_pattern(Stmt& s, Pattern& p) {
    Variable& v = *s.operands[p.operand];
    Type t = current_type(v);
    std::vector<Type> types;
    if (p.member) {
        if (t != TypeKind::Set) {
            error(p.source_place, fmt::format("`in` is for sets; `{}` is {}", v.name, name(t)));
            return;
        }
        p.message_index = kMemberHead;
        types.push_back(*t.element);
    } else if (t == TypeKind::Set) {
        error(p.place, fmt::format("`{0}` is a set: expected `case x in {0}:`", v.name));
    } else if (p.message == "ChannelClosed") {
        p.message_index = kClosedHead;
        flow(v).state = kClosed;
    } else {
        const ContractInfo& c = program_.contracts[t.index];
        int m = c.message(p.message);
        const TransitionInfo* step = this->step(t, m, false);
        if (!step) {
            std::vector<std::string> names = message_names(t, false);
            std::string all;
            for (const std::string& n : names)
                all += (all.empty() ? "" : ", ") + n;
            error(p.message_place,
                  m < 0 ? fmt::format("contract {} has no message `{}`{}", c.name, p.message,
                                      did_you_mean(p.message, names))
                        : fmt::format(
                              "{} cannot come on `{}` in state {}: expected {} or ChannelClosed",
                              p.message, v.name, program_.state_name(t), all),
                  {{flow(v).since, "it came to this state here"}});
            flow(v).status = Status::Poison;
        } else {
            p.message_index = static_cast<std::uint16_t>(m);
            flow(v).state = step->next;
            for (const ParameterInfo& x : c.messages[static_cast<std::size_t>(m)].params)
                types.push_back(x.type);
            if (types.size() != p.bindings.size())
                error(p.place,
                      fmt::format("message `{}` has {} argument{}, found {} name{}", p.message,
                                  types.size(), types.size() == 1 ? "" : "s", p.bindings.size(),
                                  p.bindings.size() == 1 ? "" : "s"),
                      {{c.messages[static_cast<std::size_t>(m)].place, "declared here"}});
        }
    }
    flow(v).since = p.place;
    for (std::size_t i = 0; i < p.bindings.size(); i++) {
        Binding& b = p.bindings[i];
        Type type = i < types.size() ? types[i] : kErrorType;
        if (b.name == "_" && type.owned())
            error(b.place, fmt::format("{} is owned: it needs a name, and someone to delete it",
                                       name(type)));
        Type declared = type == TypeKind::Endpoint ? type.in_state(kAnyState) : type;
        b.variable = declare(b.name, b.place, declared);
        set(*b.variable, type, b.place);
    }
}

void Checker::receive_case(Stmt& s, ReceiveCase& c) {
    std::size_t mark = scope_.size();
    for (std::size_t i = 0; i < c.patterns.size(); i++) {
        for (std::size_t j = 0; j < i; j++)
            if (c.patterns[j].operand == c.patterns[i].operand) {
                error(c.patterns[i].place,
                      fmt::format("`{}` stands twice in one case", c.patterns[i].source));
                flow(*s.operands[c.patterns[i].operand]).status = Status::Poison;
            }
        if (flow(*s.operands[c.patterns[i].operand]).status == Status::Poison) {
            for (Binding& b : c.patterns[i].bindings)
                b.variable = declare(b.name, b.place, kErrorType);
            continue;
        }
        check_pattern(s, c.patterns[i]);
    }
    block(*c.body);
    leave_scope(mark, c.body->end, "its case ends");
}

// Goes through all combinations of what can stand at the heads, and reports the first without a case.
void Checker::check_exhaustive(Stmt& s) {
    std::vector<std::vector<std::uint16_t>> all;
    std::size_t combinations = 1;
    for (const Variable* v : s.operands) {
        all.push_back(heads(*v));
        combinations *= all.back().size();
        if (combinations > verifier::limits::kSelectCombinations)
            return error(s.place, "this `switch receive` has too many combinations of messages");
    }
    for (std::size_t n = 0; n < combinations; n++) {
        std::vector<std::uint16_t> head;
        for (std::size_t rest = n; const auto& h : all) {
            head.push_back(h[rest % h.size()]);
            rest /= h.size();
        }
        bool matched = false;
        for (std::size_t i = 0; i < s.receives.size() && !matched; i++) {
            matched = true;
            for (const Pattern& p : s.receives[i].patterns)
                matched = matched && head[p.operand] == p.message_index;
        }
        if (matched) continue;
        std::string text;
        for (std::size_t i = 0; i < head.size(); i++)
            text += (i ? " && " : "") + head_name(*s.operands[i], head[i]);
        return error(
            s.place,
            fmt::format("this `switch receive` has no case for all that can come: `{}` is missing",
                        text.starts_with("case ") ? text : "case " + text));
    }
    check_superfluous(s);
}

// A case is superfluous if another before it asks for no more than it does.
void Checker::check_superfluous(Stmt& s) {
    auto asks = [](const ReceiveCase& c, const Pattern& wanted) {
        return std::any_of(c.patterns.begin(), c.patterns.end(), [&](const Pattern& p) {
            return p.operand == wanted.operand && p.message_index == wanted.message_index;
        });
    };
    for (std::size_t i = 0; i < s.receives.size(); i++)
        for (std::size_t j = 0; j < i; j++) {
            const ReceiveCase &c = s.receives[i], &before = s.receives[j];
            bool covered = std::all_of(before.patterns.begin(), before.patterns.end(),
                                       [&](const Pattern& p) { return asks(c, p); });
            if (!covered) continue;
            error(c.place, "this case is never chosen: one before it takes all it matches",
                  {{before.place, "this one"}});
            break;
        }
}

void Checker::receive(Stmt& s) {
    bool clear = receive_operands(s);
    Flow start = flow_;
    if (!clear) { // go through the cases for what else they say, without the endpoints
        for (Variable* v : s.operands)
            start.variables[v->slot].status = Status::Poison;
    }
    std::size_t before = diagnostics_.count();
    std::vector<Flow> ends;
    jumps_.push_back({false, scope_.size(), {}, {}});
    for (ReceiveCase& c : s.receives) {
        flow_ = start;
        bool known = true;
        for (const Pattern& p : c.patterns)
            known = known && find_variable(p.source);
        if (!known) continue;
        receive_case(s, c);
        ends.push_back(flow_);
    }
    Jump j = std::move(jumps_.back());
    jumps_.pop_back();
    if (clear && diagnostics_.count() == before) {
        flow_ = start;
        check_exhaustive(s);
    }
    Flow out = start;
    out.reachable = false;
    out = join_all(out, ends, s.place, "the cases of this `switch receive`");
    flow_ = join_all(out, j.breaks, s.place, "the cases of this `switch receive`");
}

} // namespace singlet::singc
