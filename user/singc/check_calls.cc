#include <algorithm>

#include <fmt/format.h>

#include "user/singc/builtins.hh"
#include "user/singc/check.hh"

namespace singlet::singc {

using Status = VariableFlow::Status;
using Null = VariableFlow::Null;

void Checker::check_arguments_anyway(Expr& e, std::size_t first) {
    for (std::size_t i = first; i < e.kids.size(); i++)
        if (e.kid(i).kind != ExprKind::Out) check(e.kids[i]);
}

// Arguments against parameters. Owned variables are handed over after everything else has been worked out, so that f(p, p.size)
// is as good as it looks; none may stand for two parameters.
void Checker::arguments(Expr& e, std::size_t first, std::span<const ParameterInfo> params,
                        std::string_view what, Place declared) {
    for (std::size_t i = first; i < e.kids.size(); i++) {
        if (e.kid(i).kind == ExprKind::Out) {
            error(e.kid(i).place, "`out` is only for the arguments of NewChannel and Recv");
            continue;
        }
        check(e.kids[i]);
        if (i - first < params.size()) {
            const ParameterInfo& p = params[i - first];
            coerce(e.kids[i], p.type, p.name.contains(' ') ? p.name : fmt::format("`{}`", p.name));
            bool variable = e.kid(i).kind == ExprKind::Name && e.kid(i).variable;
            if (p.claims && !variable) consume(e.kid(i));
        }
    }
    std::size_t count = e.kids.size() - first;
    if (count != params.size()) {
        std::vector<Note> notes;
        if (declared.length) notes.push_back({declared, "declared here"});
        return error(e.place,
                     fmt::format("{} takes {} argument{}, found {}", what, params.size(),
                                 params.size() == 1 ? "" : "s", count),
                     std::move(notes));
    }
    std::vector<const Variable*> lent;
    for (bool claimed : {false, true})
        for (std::size_t i = first; i < e.kids.size(); i++) {
            Expr& a = e.kid(i);
            const ParameterInfo& p = params[i - first];
            if (!a.type.owned() || p.claims != claimed || !p.type.owned()) continue;
            if (a.kind == ExprKind::Name &&
                std::find(lent.begin(), lent.end(), a.variable) != lent.end()) {
                error(a.place,
                      fmt::format("`{}` stands for two parameters of one call", a.variable->name));
                continue;
            }
            if (!claimed) {
                lend(a, lent);
            } else if (a.kind == ExprKind::Name) {
                lent.push_back(a.variable);
                consume(a);
            }
        }
}

void Checker::check_call(Expr& e) {
    Expr& callee = e.kid(0);
    e.target = Target::None;
    if (callee.kind == ExprKind::Name) {
        if (function_ && find_variable(callee.text)) {
            check_arguments_anyway(e, 1);
            return error(callee.place,
                         fmt::format("`{}` is a variable, not a function", callee.text));
        }
        if (function_ && function_->owner >= 0)
            for (const Function* m :
                 program_.classes[static_cast<std::size_t>(function_->owner)].methods)
                if (m->short_name == callee.text) {
                    e.target = Target::Method;
                    return call_function(e, *m, fmt::format("`{}`", m->name));
                }
        const Symbol* s = program_.find(callee.text);
        if (s && s->kind == SymbolKind::Function) {
            e.target = Target::Function;
            return call_function(e, program_.functions[s->index], fmt::format("`{}`", callee.text));
        }
        check_arguments_anyway(e, 1);
        std::vector<std::string> candidates;
        for (const Function& f : program_.functions)
            if (f.owner < 0) candidates.push_back(f.name);
        if (s) return error(callee.place, fmt::format("`{}` is not a function", callee.text));
        return error(callee.place, fmt::format("there is no function `{}`{}", callee.text,
                                               did_you_mean(callee.text, candidates)));
    }
    if (callee.kind != ExprKind::Field) {
        check_arguments_anyway(e, 1);
        return error(callee.place,
                     "this cannot be called: expected the name of a function or method");
    }
    Expr& object = callee.kid(0);
    if (object.kind == ExprKind::Name && !(function_ && find_variable(object.text))) {
        if (object.text == "Kernel") return call_kernel(e, callee);
        if (object.text == "Bytes") return call_bytes(e, callee);
        const Symbol* s = program_.find(object.text);
        if (s && s->kind == SymbolKind::Contract) {
            if (callee.text == "NewChannel") return new_channel(e, s->index);
            check_arguments_anyway(e, 1);
            return error(callee.place,
                         fmt::format("a contract has nothing to call but `NewChannel`"));
        }
    }
    call_member(e, callee);
}

void Checker::call_function(Expr& e, const Function& f, std::string_view what) {
    e.function = &f;
    arguments(e, 1, f.params, what, f.place);
    e.type = f.result;
}

namespace {

// print_bytes is PrintBytes.
std::string camel(std::string_view snake) {
    std::string text;
    bool upper = true;
    for (char c : snake) {
        if (c == '_') {
            upper = true;
            continue;
        }
        text += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        upper = false;
    }
    return text;
}

} // namespace

void Checker::call_kernel(Expr& e, Expr& callee) {
    std::vector<std::string> candidates;
    for (std::size_t i = 0; i < environment_.kernel_calls.size(); i++) {
        const verifier::KernelCall& k = environment_.kernel_calls[i];
        candidates.push_back(camel(k.name));
        if (candidates.back() != callee.text) continue;
        std::vector<ParameterInfo> params;
        for (verifier::BuiltinType b : k.params) {
            Builtin t = builtin_type(program_.types, b);
            params.push_back({fmt::format("argument {}", params.size() + 1), t.type, {}, t.claims});
        }
        e.target = Target::Kernel;
        e.index = static_cast<std::uint32_t>(i);
        arguments(e, 1, params, fmt::format("`Kernel.{}`", callee.text), {});
        e.type = builtin_type(program_.types, k.result).type;
        return;
    }
    check_arguments_anyway(e, 1);
    error(callee.place, fmt::format("the kernel has no call `{}`{}", callee.text,
                                    did_you_mean(callee.text, candidates)));
}

void Checker::call_bytes(Expr& e, Expr& callee) {
    struct Call {
        std::string_view name;
        std::size_t arguments;
        Target target;
        std::uint32_t width;
    };
    static constexpr Call kCalls[] = {{"Get16", 2, Target::Get, 2},
                                      {"Get32", 2, Target::Get, 4},
                                      {"Set16", 3, Target::Set, 2},
                                      {"Set32", 3, Target::Set, 4},
                                      {"Copy", 5, Target::CopyBytes, 0}};
    const Call* call = nullptr;
    for (const Call& c : kCalls)
        if (c.name == callee.text) call = &c;
    check_arguments_anyway(e, 1);
    if (!call)
        return error(
            callee.place,
            fmt::format("`Bytes` has Get16, Get32, Set16, Set32 and Copy, not `{}`", callee.text));
    if (e.kids.size() - 1 != call->arguments)
        return error(e.place, fmt::format("`Bytes.{}` takes {} arguments, found {}", call->name,
                                          call->arguments, e.kids.size() - 1));
    auto bytes = [&](std::size_t i, bool writes) {
        Expr& b = e.kid(i);
        if (b.type.error()) return;
        bool byte_elements = (b.type == TypeKind::Array || b.type == TypeKind::Vector) &&
                             *b.type.element == kByteType;
        if (!byte_elements && (writes || b.type != TypeKind::String)) {
            error(b.place, fmt::format("expected bytes (byte[], byte[] in ExHeap{}), found {}",
                                       writes ? "" : " or string", name(b.type)));
            return;
        }
        dereference(b, "bytes");
    };
    e.target = call->target;
    e.index = call->width;
    if (call->target == Target::CopyBytes) {
        bytes(1, true);
        bytes(3, false);
        for (std::size_t i : {2, 4, 5})
            coerce(e.kids[i], kIntType, "an index or a count");
        bool same = e.kid(1).kind == ExprKind::Name && e.kid(3).kind == ExprKind::Name &&
                    e.kid(1).variable == e.kid(3).variable && e.kid(1).type.owned();
        if (same) error(e.kid(3).place, "an owned vector cannot be copied to itself");
        e.type = kVoidType;
        return;
    }
    bytes(1, call->target == Target::Set);
    coerce(e.kids[2], kIntType, "an index");
    if (call->target == Target::Set && !e.kid(3).type.error() && e.kid(3).type != TypeKind::UInt)
        coerce(e.kids[3], kIntType, "the value");
    e.type = call->target == Target::Set ? kVoidType : kIntType;
}

void Checker::call_member(Expr& e, Expr& callee) {
    check(callee.kids[0]);
    Expr& object = callee.kid(0);
    const Type t = object.type;
    if (t.error()) return check_arguments_anyway(e, 1);
    if (t == TypeKind::Endpoint) return call_endpoint(e, callee);
    if (t == TypeKind::Ports) return call_ports(e, callee);
    dereference(object, "methods");
    if (t == TypeKind::Object) {
        const ClassInfo& c = program_.classes[t.index];
        std::vector<std::string> candidates;
        for (const Function* m : c.methods) {
            candidates.push_back(m->short_name);
            if (m->short_name != callee.text) continue;
            e.target = c.interface ? Target::Interface : Target::Method;
            return call_function(e, *m, fmt::format("`{}`", m->name));
        }
        check_arguments_anyway(e, 1);
        return error(callee.place, fmt::format("{} has no method `{}`{}", c.name, callee.text,
                                               did_you_mean(callee.text, candidates)));
    }
    if (t == TypeKind::Set && callee.text == "Add") {
        ParameterInfo p{"the endpoint", *t.element, {}, true};
        e.target = Target::Add;
        arguments(e, 1, {&p, 1}, "`Add`", {});
        e.type = kVoidType;
        return;
    }
    if (t == TypeKind::Cell && callee.text == "Acquire") {
        e.target = Target::Acquire;
        arguments(e, 1, {}, "`Acquire`", {});
        e.type = *t.element;
        return;
    }
    if (t == TypeKind::Cell && callee.text == "Release") {
        ParameterInfo p{"the value", *t.element, {}, true};
        e.target = Target::Release;
        arguments(e, 1, {&p, 1}, "`Release`", {});
        e.type = kVoidType;
        return;
    }
    check_arguments_anyway(e, 1);
    error(callee.place, fmt::format("{} has no method `{}`", name(t), callee.text));
}

void Checker::call_ports(Expr& e, Expr& callee) {
    static constexpr std::pair<std::string_view, std::uint32_t> kWidths[] = {
        {"8", 1}, {"16", 2}, {"32", 4}};
    check_arguments_anyway(e, 1);
    for (auto [bits, width] : kWidths)
        for (bool out : {false, true}) {
            if (callee.text != fmt::format("{}{}", out ? "Out" : "In", bits)) continue;
            e.target = out ? Target::PortOut : Target::PortIn;
            e.index = width;
            e.type = out ? kVoidType : kIntType;
            std::size_t count = out ? 2 : 1;
            if (e.kids.size() - 1 != count)
                return error(e.place, fmt::format("`{}` takes {} argument{}, found {}", callee.text,
                                                  count, out ? "s" : "", e.kids.size() - 1));
            coerce(e.kids[1], kIntType, "the port's offset");
            if (out && e.kid(2).type != TypeKind::UInt) coerce(e.kids[2], kIntType, "the value");
            return;
        }
    error(callee.place,
          fmt::format("Ports has In8, In16, In32, Out8, Out16 and Out32, not `{}`", callee.text));
}

bool Checker::side_sends(const Type& t) const {
    const auto* next = transitions(t);
    if (!next || next->empty()) return false;
    return program_.contracts[t.index].messages[(*next)[0].message].out == t.exporter;
}

const std::vector<TransitionInfo>* Checker::transitions(const Type& t) const {
    const ContractInfo& c = program_.contracts[t.index];
    return t.state < c.states.size() ? &c.states[t.state].transitions : nullptr;
}

std::vector<std::string> Checker::message_names(const Type& endpoint, bool sending) const {
    std::vector<std::string> names;
    const auto* next = transitions(endpoint);
    if (next && side_sends(endpoint) == sending)
        for (const TransitionInfo& t : *next)
            names.push_back(program_.contracts[endpoint.index].messages[t.message].name);
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
    if (m < 0) {
        check_arguments_anyway(e, 1);
        std::vector<std::string> names;
        for (const MessageInfo& i : c.messages)
            names.push_back(i.name);
        return error(e.kid(0).place, fmt::format("contract {} has no message `{}`{}", c.name,
                                                 message, did_you_mean(message, names)));
    }
    const MessageInfo& info = c.messages[static_cast<std::size_t>(m)];
    const TransitionInfo* step = nullptr;
    if (const auto* next = transitions(t); next && side_sends(t))
        for (const TransitionInfo& x : *next)
            if (x.message == m) step = &x;
    if (!step && flow_.reachable) {
        check_arguments_anyway(e, 1);
        std::string can =
            t.state == kClosed ? "the channel is closed: it can only be deleted"
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
        const VariableFlow& f = flow(*v);
        if (v->borrowed || v->name == "this") {
            error(e.place, fmt::format("`{}` is borrowed: it cannot be assigned", v->name));
        } else if (!fits(type, slot)) {
            error(e.place,
                  fmt::format("`{}` is {}, but {} comes here", v->name, name(v->type), name(type)));
        } else if (flow_.reachable && v->type.owned() && f.status == Status::Here &&
                   f.null != Null::Yes) {
            error(e.place,
                  fmt::format("what `{}` owns would be lost: delete it or give it away first",
                              v->name),
                  {{f.since, "owned since here"}});
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
    flow(v).state = (*transitions(t))[0].next;
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
