#include "user/singc/check.hh"

#include <fmt/format.h>

namespace singlet::singc {

using Status = VariableFlow::Status;
using Null = VariableFlow::Null;

void Checker::run() {
    for (ConstInfo& c : program_.consts)
        constant(c);
    for (const Function& f : program_.functions)
        signature_types(f);
    for (const Function& f : program_.interface_methods)
        signature_types(f);
    sip();
    for (Function& f : program_.functions)
        function(f);
}

std::int64_t Checker::number(ExprPtr& e, std::int64_t least, std::int64_t most,
                             std::string_view what) {
    check(e);
    if (e->type.error()) return least;
    if (!e->constant || !e->type.integer() || e->value < least || e->value > most) {
        error(e->place, fmt::format("{} is a constant from {} to {}", what, least, most));
        return least;
    }
    return e->value;
}

void Checker::constant(ConstInfo& c) {
    if (c.progress == ConstInfo::Progress::Done) return;
    if (c.progress == ConstInfo::Progress::Working) {
        error(c.place, fmt::format("the value of `{}` needs itself", c.name));
        c.type = kErrorType;
        return;
    }
    c.progress = ConstInfo::Progress::Working;
    c.type = resolve_type(program_, diagnostics_, *c.syntax->syntax);
    bool string = c.type == TypeKind::String && !c.type.nullable;
    if (!string && !c.type.integer() && c.type != TypeKind::Bool && !c.type.error()) {
        error(c.place,
              fmt::format("a constant cannot be {}: only integers, bool and string", name(c.type)));
        c.type = kErrorType;
    }
    ExprPtr& value = c.syntax->value;
    std::size_t before = diagnostics_.count();
    check(value);
    coerce(value, c.type, "the constant");
    if (diagnostics_.count() == before && !c.type.error() &&
        !(string ? value->kind == ExprKind::String : value->constant))
        error(value->place, "this is not known when the program is compiled: expected a constant");
    c.value = value->value;
    c.string = value->text;
    if (diagnostics_.count() != before) c.type = kErrorType;
    c.progress = ConstInfo::Progress::Done;
}

// Sets hold endpoints that have something to receive; borrowed endpoints and sets cannot be null. The verifier wants so.
void Checker::set_types(const Type& type, Place place) {
    if (type.element) set_types(*type.element, place);
    if (type != TypeKind::Set || !type.element || *type.element != TypeKind::Endpoint) return;
    if (message_names(*type.element, false).empty())
        error(place,
              fmt::format("{} cannot hold endpoints in this state: nothing can be received on them",
                          name(type)));
}

void Checker::signature_types(const Function& f) {
    for (const ParameterInfo& p : f.params) {
        set_types(p.type, p.place);
        bool tracked = p.type == TypeKind::Endpoint || p.type == TypeKind::Set;
        if (tracked && p.type.nullable && !p.claims)
            error(p.place,
                  fmt::format("a borrowed {} cannot be null", name(p.type.with_null(false))));
    }
    set_types(f.result, f.place);
}

void Checker::sip() {
    if (program_.tree.sips.empty()) {
        Place start{0, 0, 1};
        error(start, "there is no `sip` block: expected `sip Name { ... }` and a function Main");
        return;
    }
    SipSyntax& s = *program_.tree.sips[0];
    if (program_.tree.sips.size() > 1)
        error(program_.tree.sips[1]->place, "a program has one `sip` block",
              {{s.place, "the first is here"}});
    if (s.memory) program_.memory = number(s.memory, 1, 1 << 20, "the number of pages");
    if (s.exchange) program_.exchange = number(s.exchange, 1, 1 << 20, "the number of pages");
    for (ResourceSyntax& r : s.resources) {
        Program::ResourceInfo info{&r, kErrorType, 0, 0};
        if (r.syntax) {
            info.type = resolve_type(program_, diagnostics_, *r.syntax);
            bool listen = r.what == "listen";
            bool fits = info.type == TypeKind::Endpoint && !info.type.nullable &&
                        info.type.state == 0 && (!listen || info.type.exporter);
            if (!info.type.error() && !fits)
                error(r.syntax->place,
                      fmt::format("expected {} in its contract's first state, found {}",
                                  listen ? "an exporting endpoint" : "an endpoint",
                                  name(info.type)));
            if (listen && fits) {
                info.type = {.kind = TypeKind::Set, .element = program_.types.intern(info.type)};
                set_types(info.type, r.syntax->place);
            }
        } else {
            info.type.kind = r.what == "ports" ? TypeKind::Ports
                             : r.what == "irq" ? TypeKind::Irq
                             : r.what == "dma" ? TypeKind::Dma
                                               : TypeKind::Processes;
            std::int64_t most = r.what == "ports" ? 0xffff : r.what == "irq" ? 15 : 255;
            if (r.first) info.first = number(r.first, 0, most, "the resource's number");
            if (r.count)
                info.count = number(r.count, 1, 0x10000 - info.first, "the number of ports");
        }
        program_.resources.push_back(info);
    }
    for (const auto& [contract, place] : s.exports) {
        const Symbol* symbol = program_.find(contract);
        if (!symbol || symbol->kind != SymbolKind::Contract)
            error(place, fmt::format("there is no contract `{}`", contract));
        else
            program_.exports.push_back(symbol->index);
    }
    main_function();
}

void Checker::main_function() {
    const SipSyntax& s = *program_.tree.sips[0];
    Function* main = program_.main;
    if (!main) {
        error(s.place, fmt::format("SIP {} has no function `Main`", s.name));
        return;
    }
    if (main->result != kVoidType && main->result != kIntType && !main->result.error())
        error(main->place, fmt::format("`Main` returns int or void, not {}", name(main->result)));
    for (std::size_t i = 0; i < program_.resources.size(); i++) {
        const auto& r = program_.resources[i];
        if (i >= main->params.size()) {
            error(main->place,
                  fmt::format("`Main` has no parameter for the resource `{}`: expected {} {}",
                              r.syntax->name, name(r.type), r.syntax->name),
                  {{r.syntax->place, "declared here"}});
        } else if (main->params[i].type != r.type && !r.type.error() &&
                   !main->params[i].type.error()) {
            error(main->params[i].place,
                  fmt::format("parameter {} of `Main` is the resource `{}`: expected {}, found {}",
                              i + 1, r.syntax->name, name(r.type), name(main->params[i].type)),
                  {{r.syntax->place, "declared here"}});
        }
    }
    if (main->params.size() > program_.resources.size())
        error(main->params[program_.resources.size()].place,
              fmt::format("`Main`'s parameters are the SIP's resources, of which there are {}",
                          program_.resources.size()));
}

void Checker::function(Function& f) {
    function_ = &f;
    scope_.clear();
    jumps_.clear();
    flow_ = {};
    loop_walks_ = 0;
    if (f.owner >= 0) {
        Type self{.kind = TypeKind::Object, .index = static_cast<std::uint32_t>(f.owner)};
        Variable* v = declare("this", f.place, self);
        v->parameter = true;
        set(*v, self, f.place);
    }
    for (const ParameterInfo& p : f.params) {
        Variable* v = declare(p.name, p.place, p.type);
        v->parameter = true;
        v->borrowed = p.type.owned() && !p.claims;
        set(*v, p.type, p.place);
    }
    Stmt& body = *f.syntax->body;
    block(body);
    if (flow_.reachable) {
        if (f.result != kVoidType && !f.result.error())
            error(body.end, fmt::format("`{}` can end here without returning {}", f.short_name,
                                        name(f.result)));
        check_borrowed(body.end);
    }
    leave_scope(0, body.end, "the function ends");
    function_ = nullptr;
}

Variable* Checker::find_variable(std::string_view name) {
    for (std::size_t i = scope_.size(); i-- > 0;)
        if (scope_[i]->name == name) return scope_[i];
    return nullptr;
}

Variable* Checker::declare(const std::string& name, Place place, Type type) {
    if (name != "_")
        if (const Variable* other = find_variable(name))
            error(place, fmt::format("`{}` is declared already", name),
                  {{other->place, "the first time here"}});
    Variable& v = function_->variables.emplace_back();
    v.name = name;
    v.type = type;
    v.place = place;
    v.slot = static_cast<std::uint32_t>(scope_.size());
    scope_.push_back(&v);
    flow_.variables.push_back(
        {.status = Status::Unset, .null = Null::No, .state = type.state, .since = place});
    if (type.error()) flow_.variables.back().status = Status::Poison;
    return &v;
}

// `v` holds a value of type `value` from here on.
void Checker::set(Variable& v, const Type& value, Place place) {
    VariableFlow& f = flow(v);
    if (v.type.error() || value.error()) {
        f.status = Status::Poison;
        return;
    }
    f.status = Status::Here;
    f.null = value == TypeKind::Null ? Null::Yes : value.nullable ? Null::Maybe : Null::No;
    f.state = value.state;
    f.since = place;
}

Flow Checker::join_flows(const Flow& a, const Flow& b, Place place, std::string_view what) {
    return join(a, b, scope_, program_, diagnostics_, place, what);
}

Flow Checker::join_all(const Flow& first, const std::vector<Flow>& others, Place place,
                       std::string_view what) {
    Flow result = first;
    result.variables.resize(scope_.size());
    for (const Flow& f : others)
        result = join_flows(result, f, place, what);
    return result;
}

void Checker::check_leaks(std::size_t mark, Place place, std::string_view where) {
    if (!flow_.reachable) return;
    for (std::size_t i = mark; i < scope_.size(); i++) {
        const Variable& v = *scope_[i];
        VariableFlow& f = flow_.variables[i];
        if (!v.type.owned() || v.borrowed || f.status != Status::Here || f.null == Null::Yes)
            continue;
        error(place,
              fmt::format(
                  "`{}` is still owned where {}: delete it or give it away{}", v.name, where,
                  f.null == Null::Maybe ? " (it may be null; deleting null does nothing)" : ""),
              {{f.since, fmt::format("`{}` is owned since here", v.name)}});
        f.status = Status::Poison;
    }
}

void Checker::check_borrowed(Place place) {
    if (!flow_.reachable) return;
    for (std::size_t i = 0; i < scope_.size(); i++) {
        const Variable& v = *scope_[i];
        VariableFlow& f = flow_.variables[i];
        if (!v.borrowed || v.type != TypeKind::Endpoint || f.status != Status::Here) continue;
        if (f.state == v.type.state) continue;
        error(place,
              fmt::format("the borrowed `{}` has to be back in state {} where the function "
                          "returns, but is in {}",
                          v.name, program_.state_name(v.type),
                          program_.state_name(v.type.in_state(f.state))),
              {{f.since, "it came to this state here"}, {v.place, "borrowed in that state here"}});
        f.status = Status::Poison;
    }
}

void Checker::leave_scope(std::size_t mark, Place place, std::string_view where) {
    check_leaks(mark, place, where);
    scope_.resize(mark);
    flow_.variables.resize(mark);
}

Type Checker::current_type(const Variable& v) {
    const VariableFlow& f = flow(v);
    Type t = v.type;
    if (t.may_be_nullable()) t.nullable = t.nullable && f.null != Null::No;
    if (t == TypeKind::Endpoint) t.state = f.state;
    return t;
}

// Whether `v` holds something that can be used; reports it if not.
bool Checker::usable(const Variable& v, Place place) {
    VariableFlow& f = flow(v);
    if (!flow_.reachable || f.status == Status::Poison) return false;
    switch (f.status) {
    case Status::Here:
        return true;
    case Status::Unset:
        error(place, fmt::format("`{}` is used before it is set", v.name),
              {{v.place, "declared here"}});
        break;
    case Status::Gone:
        error(place,
              fmt::format("`{}` is used after it was {}", v.name,
                          f.deleted ? "deleted" : "given away"),
              {{f.since, f.deleted ? "deleted here" : "given away here"}});
        break;
    case Status::Mixed:
        error(place, fmt::format("`{}` is not set on every path that leads here", v.name),
              {{f.since, "one path comes from here"}});
        break;
    case Status::Poison:
        break;
    }
    f.status = Status::Poison;
    return false;
}

bool Checker::fits(const Type& from, const Type& to) const {
    if (from.error() || to.error()) return true;
    if (from == TypeKind::Null) return to.nullable;
    if (from.nullable && !to.nullable) return false;
    Type same = from.with_null(to.nullable);
    if (same == TypeKind::Endpoint && to.state == kAnyState && same.state != kClosed)
        same.state = kAnyState;
    if (same == to) return true;
    if (from == TypeKind::Object && to == TypeKind::Object)
        return program_.implements(from.index, to.index);
    if (from == TypeKind::Byte)
        return to == TypeKind::Int || to == TypeKind::UInt || to == TypeKind::Long;
    if (from == TypeKind::Int || from == TypeKind::UInt) return to == TypeKind::Long;
    return false;
}

namespace {

bool in_range(std::int64_t value, const Type& type) {
    switch (type.kind) {
    case TypeKind::Byte:
        return value >= 0 && value <= 255;
    case TypeKind::Int:
        return value >= INT32_MIN && value <= INT32_MAX;
    case TypeKind::UInt:
        return value >= 0 && value <= UINT32_MAX;
    default:
        return type == TypeKind::Long;
    }
}

} // namespace

// Makes `e` a value of type `to`, or reports that it cannot be one.
void Checker::coerce(ExprPtr& e, const Type& to, std::string_view what) {
    if (e->type == to || e->type.error() || to.error()) return;
    if (e->constant && e->type.integer() && to.integer()) {
        if (in_range(e->value, to)) {
            e->type = to;
            return;
        }
        error(e->place,
              fmt::format("{} does not fit in {}, the type of {}", e->value, name(to), what));
        e->type = kErrorType;
        return;
    }
    if (!fits(e->type, to)) {
        std::string hint;
        if (e->type == TypeKind::Endpoint && e->type.state == kClosed)
            hint = "; after ChannelClosed it can only be deleted";
        else if (e->type.nullable && fits(e->type.with_null(false), to))
            hint = "; test it for null first";
        else if (e->type.integer() && to.integer())
            hint = fmt::format("; a cast ({}) cuts it off", name(to));
        error(e->place,
              fmt::format("expected {} for {}, found {}{}", name(to), what, name(e->type), hint));
        e->type = kErrorType;
        return;
    }
    bool to_interface = e->type == TypeKind::Object && e->type.index != to.index;
    if (!e->type.integer() && !to_interface) return;
    auto convert = std::make_unique<Expr>();
    convert->kind = ExprKind::Convert;
    convert->place = e->place;
    convert->assigns = e->assigns;
    convert->type = to_interface ? to.with_null(e->type.nullable) : to;
    convert->kids.push_back(std::move(e));
    e = std::move(convert);
}

// The owned value of `e` goes elsewhere.
void Checker::consume(Expr& e, bool deletes) {
    if (!e.type.owned()) return;
    if (e.kind != ExprKind::Name || !e.variable) return;
    Variable& v = *e.variable;
    if (!usable(v, e.place)) return;
    if (v.borrowed) {
        error(e.place,
              fmt::format("`{}` is borrowed: it cannot be {} here", v.name,
                          deletes ? "deleted" : "given away"),
              {{v.place, "a parameter marked `[Claims]` could be"}});
        return;
    }
    e.moves = true;
    flow(v).status = Status::Gone;
    flow(v).deleted = deletes;
    flow(v).since = e.place;
}

// The owned value of `e` is lent to a call that gives it back.
void Checker::lend(Expr& e, std::vector<const Variable*>& lent) {
    if (!e.type.owned()) return;
    if (e.kind != ExprKind::Name || !e.variable) {
        error(e.place, "this owned value would be lost: the parameter only borrows it, so keep it "
                       "in a variable");
        return;
    }
    if (!usable(*e.variable, e.place)) return;
    lent.push_back(e.variable);
}

// The value of `e` is not wanted.
void Checker::discard(Expr& e) {
    if (e.type.owned() && e.kind != ExprKind::Assign)
        error(e.place, fmt::format("the owned {} is lost here: keep it in a variable, or delete it",
                                   name(e.type)));
}

// `e` is used as an object: null traps, and behind it a variable is known not to be null.
void Checker::dereference(Expr& e, std::string_view use) {
    if (e.type == TypeKind::Null) {
        error(e.place, fmt::format("null has no {}", use));
        return;
    }
    if (e.type.owned() && e.kind != ExprKind::Name) {
        error(e.place, "this owned value would be lost: keep it in a variable");
        return;
    }
    if (e.kind != ExprKind::Name || !e.variable || !e.type.nullable) return;
    VariableFlow& f = flow(*e.variable);
    if (f.null == Null::Yes && f.status == Status::Here && flow_.reachable)
        error(e.place, fmt::format("`{}` is null here", e.variable->name),
              {{f.since, "since here"}});
    f.null = Null::No;
}

} // namespace singlet::singc
