// Endpoints in calls: NewChannel, Send and Recv. A call is right if the endpoint's state allows it, and moves the state on.
#include <algorithm>

#include <fmt/format.h>

#include "user/singc/builtins.hh"
#include "user/singc/check.hh"

namespace singlet::singc {

using Status = VariableFlow::Status;
using Null = VariableFlow::Null;

bool Checker::may_travel(const Type& t) const {
    const auto& facts = program_.contracts[t.index].facts;
    return !facts || facts->hand_over[t.exporter][t.state];
}

bool Checker::side_sends(const Type& t) const { return !message_names(t, true).empty(); }

const TransitionInfo* Checker::step(const Type& t, int message, bool sending) const {
    if (const auto* next = transitions(t))
        for (const TransitionInfo& x : *next)
            if (x.message == message && (info(t, x).out == t.exporter) == sending) return &x;
    return nullptr;
}

const MessageInfo& Checker::info(const Type& t, const TransitionInfo& transition) const {
    return program_.contracts[t.index].messages[transition.message];
}

const std::vector<TransitionInfo>* Checker::transitions(const Type& t) const {
    const ContractInfo& c = program_.contracts[t.index];
    return t.state < c.states.size() ? &c.states[t.state].transitions : nullptr;
}

std::vector<std::string> Checker::message_names(const Type& endpoint, bool sending) const {
    std::vector<std::string> names;
    if (const auto* next = transitions(endpoint))
        for (const TransitionInfo& t : *next)
            if ((info(endpoint, t).out == endpoint.exporter) == sending)
                names.push_back(info(endpoint, t).name);
    return names;
}

void Checker::call_endpoint(Expr& e, Expr& callee) {
    Expr& object = callee.kid(0);
    if (object.kind != ExprKind::Name || !object.variable) {
        check_arguments_anyway(e, 1);
        return error(object.place, "an endpoint is used through a variable: keep it in one");
    }
    Variable& v = *object.variable;
    std::string_view text = callee.text;
    if (object.type.nullable) {
        check_arguments_anyway(e, 1);
        return error(object.place, fmt::format("`{}` may be null here; test it first", v.name));
    }
    if (text.starts_with("Send")) return call_send(e, v, text.substr(4));
    if (text.starts_with("Recv")) return call_recv(e, v, text.substr(4));
    check_arguments_anyway(e, 1);
    std::string hint;
    for (const MessageInfo& m : program_.contracts[object.type.index].messages)
        if (m.name == text)
            hint = fmt::format("; did you mean `Send{0}` or `case {1}.{0}(...)`?", text, v.name);
    error(callee.place,
          fmt::format("expected Send or Recv and a message, found `{}`{}", text, hint));
}

namespace {

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); i++)
        text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
    return text;
}

} // namespace

void Checker::call_send(Expr& e, Variable& v, std::string_view message) {
    const Type t = current_type(v);
    const ContractInfo& c = program_.contracts[t.index];
    int m = c.message(message);
    if (message.empty()) return error(e.kid(0).place, "expected the message's name behind `Send`");
    if (m < 0) {
        check_arguments_anyway(e, 1);
        std::vector<std::string> names;
        for (const MessageInfo& i : c.messages)
            names.push_back(i.name);
        return error(e.kid(0).place, fmt::format("contract {} has no message `{}`{}", c.name,
                                                 message, did_you_mean(message, names)));
    }
    const MessageInfo& info = c.messages[static_cast<std::size_t>(m)];
    const TransitionInfo* step = this->step(t, m, true);
    if (!step && flow_.reachable) {
        check_arguments_anyway(e, 1);
        std::string can =
            t.state == kClosed ? "the peer is gone, and it can only be deleted"
            : side_sends(t)    ? fmt::format("it can send {}", listed(message_names(t, true)))
            : message_names(t, false).empty()
                ? "nothing can be sent or received any more"
                : fmt::format("it has to receive {} first", listed(message_names(t, false)));
        error(e.kid(0).place,
              fmt::format("`{}` cannot send {} in state {}: {}", v.name, message,
                          program_.state_name(t), can),
              {{flow(v).since, "it came to this state here"}});
        flow(v).status = Status::Poison;
        e.type = kVoidType;
        return;
    }
    e.target = Target::Send;
    e.index = static_cast<std::uint32_t>(m);
    e.variable = &v;
    arguments(e, 1, info.params, fmt::format("message `{}`", message), info.place);
    // A message cannot carry the endpoint it travels on: it would be gone before the send.
    usable(v, e.kid(0).place);
    if (step) flow(v).state = step->next;
    flow(v).since = e.place;
    e.type = kVoidType;
}

// `out x`: a new variable, or one that exists and holds nothing owned.
void Checker::out_argument(Expr& e, const Type& type) {
    Variable* v = e.syntax ? nullptr : find_variable(e.text);
    Type declared = type == TypeKind::Endpoint ? type.in_state(kAnyState) : type;
    if (e.syntax) {
        declared = resolve_type(program_, diagnostics_, *e.syntax, false);
        if (!fits(type, declared)) {
            error(e.place, fmt::format("expected {} for `{}`, found {}", name(type), e.text,
                                       name(declared)));
            declared = kErrorType;
        }
    }
    if (v) {
        Type slot = v->type == TypeKind::Endpoint ? v->type.in_state(kAnyState) : v->type;
        if (v->borrowed || v->name == "this") {
            error(e.place, fmt::format("`{}` is borrowed: it cannot be assigned", v->name));
        } else if (!fits(type, slot)) {
            error(e.place,
                  fmt::format("`{}` is {}, but {} comes here", v->name, name(v->type), name(type)));
        } else {
            refuse_overwriting(*v, e.place);
        }
    } else {
        v = declare(e.text, e.place, declared);
    }
    e.variable = v;
    e.type = type;
    set(*v, type, e.place);
}

void Checker::new_channel(Expr& e, std::uint32_t contract) {
    e.type = kVoidType;
    e.target = Target::NewChannel;
    e.index = contract;
    bool fits =
        e.kids.size() == 3 && e.kid(1).kind == ExprKind::Out && e.kid(2).kind == ExprKind::Out;
    if (!fits) {
        check_arguments_anyway(e, 1);
        return error(e.place, fmt::format("expected `{}.NewChannel(out imp, out exp)`",
                                          program_.contracts[contract].name));
    }
    Type imp{.kind = TypeKind::Endpoint, .index = contract};
    Type exp = imp;
    exp.exporter = true;
    out_argument(e.kid(1), imp);
    out_argument(e.kid(2), exp);
}

// ep.RecvX(out a): the statement around it declares what the other outcome does.
void Checker::call_recv(Expr& e, Variable& v, std::string_view message) {
    const Type t = current_type(v);
    const ContractInfo& c = program_.contracts[t.index];
    e.type = kVoidType;
    int m = c.message(message);
    std::vector<std::string> can = message_names(t, false);
    std::string problem;
    if (m < 0)
        problem = fmt::format("contract {} has no message `{}`", c.name, message);
    else if (can.empty())
        problem = fmt::format("nothing can be received on `{}` in state {}", v.name,
                              program_.state_name(t));
    else if (can.size() > 1)
        problem = fmt::format("`{}` can receive {} here: `switch receive` tells them apart", v.name,
                              listed(can));
    else if (can[0] != message)
        problem = fmt::format("`{}` receives {} in state {}, not {}", v.name, can[0],
                              program_.state_name(t), message);
    if (!problem.empty()) {
        if (flow_.reachable)
            error(e.kid(0).place, problem, {{flow(v).since, "it came to this state here"}});
        flow(v).status = Status::Poison;
        for (std::size_t i = 1; i < e.kids.size(); i++)
            if (e.kid(i).kind == ExprKind::Out && !find_variable(e.kid(i).text))
                declare(e.kid(i).text, e.kid(i).place, kErrorType);
        return;
    }
    e.target = Target::Recv;
    e.index = static_cast<std::uint32_t>(m);
    e.variable = &v;
    const auto& params = c.messages[static_cast<std::size_t>(m)].params;
    flow(v).state = step(t, m, false)->next;
    flow(v).since = e.place;
    if (e.kids.size() - 1 != params.size())
        error(e.place,
              fmt::format("message `{}` has {} argument{}, found {}", message, params.size(),
                          params.size() == 1 ? "" : "s", e.kids.size() - 1),
              {{c.messages[static_cast<std::size_t>(m)].place, "declared here"}});
    for (std::size_t i = 1; i < e.kids.size(); i++) {
        if (e.kid(i).kind != ExprKind::Out)
            error(e.kid(i).place, "expected `out` and a variable");
        else
            out_argument(e.kid(i), i <= params.size() ? params[i - 1].type : kErrorType);
    }
}

} // namespace singlet::singc
