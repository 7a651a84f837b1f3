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
    if (e.starts) check_start(e, f, what);
}

// A thread outlives the call that starts it: nothing comes back, and nothing is lent to it.
void Checker::check_start(Expr& e, const Function& f, std::string_view what) {
    e.type = kBoolType;
    if (e.target != Target::Function)
        return error(e.place,
                     fmt::format("a thread begins with a function, but {} is a method", what));
    if (f.result != kVoidType)
        error(e.place,
              fmt::format("a thread's function returns nothing, but {} returns {}", what,
                          name(f.result)),
              {{f.place, "declared here"}});
    for (const ParameterInfo& p : f.params)
        if (p.type.owned())
            error(
                e.place,
                fmt::format("a thread takes nothing owned or borrowed, but `{}` of {} is {}: give "
                            "it a cell that holds one",
                            p.name, what, name(p.type)),
                {{f.place, "declared here"}});
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

} // namespace singlet::singc
