// Type tests, casts and `new`.
#include <fmt/format.h>

#include "user/singc/check.hh"

namespace singlet::singc {

void Checker::check_is_as(Expr& e) {
    check(e.kids[0]);
    Type to = resolve_type(program_, diagnostics_, *e.syntax);
    Expr& x = e.kid(0);
    if (x.type.error() || to.error()) return;
    if (x.type == TypeKind::Any && e.kind == ExprKind::As) {
        if (to != TypeKind::Endpoint || to.state != 0) {
            const char* wanted =
                "expected an endpoint in its contract's first state behind `as`, found {}";
            return error(e.syntax->place, fmt::format(fmt::runtime(wanted), name(to)));
        }
        if (x.type.nullable) return error(x.place, "this may be null; test it first");
        consume(x);
        e.type = to.with_null(true);
        return;
    }
    if (to != TypeKind::Object)
        return error(e.syntax->place,
                     fmt::format("expected a class or an interface behind `{}`, found {}",
                                 e.kind == ExprKind::Is ? "is" : "as", name(to)));
    if (x.type != TypeKind::Object)
        return error(x.place, fmt::format("expected an object, found {}", name(x.type)));
    e.index = to.index;
    e.type = e.kind == ExprKind::Is ? kBoolType : to.with_null(true);
}

void Checker::check_cast(Expr& e) {
    check(e.kids[0]);
    Type to = resolve_type(program_, diagnostics_, *e.syntax);
    Expr& x = e.kid(0);
    if (x.type.error() || to.error()) return;
    if (x.type.integer() && to.integer()) {
        if (x.constant) {
            std::int64_t v = x.value;
            v = to == TypeKind::Byte   ? v & 0xff
                : to == TypeKind::Int  ? static_cast<std::int32_t>(v)
                : to == TypeKind::UInt ? static_cast<std::uint32_t>(v)
                                       : v;
            return make_constant(e, to, v);
        }
        e.type = to;
        return;
    }
    Type from = x.type;
    bool objects = from == TypeKind::Object && to == TypeKind::Object;
    bool same = from.collected() && from.with_null(false) == to.with_null(false);
    if (!objects && !same)
        return error(e.place, fmt::format("{} cannot be cast to {}", name(from), name(to)));
    e.type = to;
    e.index = to.index;
}

void Checker::check_new(Expr& e) {
    Type t = resolve_type(program_, diagnostics_, *e.syntax);
    if (t.error()) return check_arguments_anyway(e, 0);
    set_types(t, e.syntax->place);
    auto none = [&] {
        if (!e.kids.empty()) error(e.place, fmt::format("`new {}` takes no arguments", name(t)));
    };
    switch (t.kind) {
    case TypeKind::Object: {
        const ClassInfo& c = program_.classes[t.index];
        if (c.interface) {
            check_arguments_anyway(e, 0);
            return error(e.place,
                         fmt::format("{} is an interface: only classes have objects", c.name));
        }
        e.target = Target::Object;
        e.index = t.index;
        e.function = c.constructor;
        if (c.constructor)
            arguments(e, 0, c.constructor->params, fmt::format("the constructor of {}", c.name),
                      c.constructor->place);
        else
            none();
        break;
    }
    case TypeKind::Struct:
        none();
        if (!e.syntax->exchange)
            error(e.place, fmt::format("{} lives in the exchange heap: expected `new[ExHeap] {}()`",
                                       e.syntax->name, e.syntax->name));
        e.target = Target::Struct;
        break;
    case TypeKind::Cell:
        none();
        e.target = Target::Cell;
        break;
    case TypeKind::Set:
        none();
        e.target = Target::EndpointSet;
        break;
    case TypeKind::Any: {
        e.target = Target::Wrap;
        check_arguments_anyway(e, 0);
        if (e.kids.size() != 1) return error(e.place, "`new AnyEndpoint` takes one endpoint");
        Type x = e.kid(0).type;
        if (x.error()) return;
        if (x != TypeKind::Endpoint || x.nullable || x.state != 0 || !may_travel(x))
            return error(
                e.kid(0).place,
                fmt::format("expected an endpoint in its contract's first state that sends "
                            "next, found {}",
                            name(x)));
        consume(e.kid(0));
        break;
    }
    default:
        check_arguments_anyway(e, 0);
        return error(e.place, fmt::format("there is no `new {}(...)`", name(t)));
    }
    e.type = t;
}

void Checker::check_new_array(Expr& e) {
    check(e.kids[0]);
    coerce(e.kids[0], kIntType, "the length");
    if (e.kid(0).constant && e.kid(0).value < 0) error(e.kid(0).place, "a length is not negative");
    Type t = resolve_type(program_, diagnostics_, *e.syntax);
    if (!t.error()) e.type = t;
}

void Checker::check_array_list(Expr& e) {
    Type t = resolve_type(program_, diagnostics_, *e.syntax);
    for (ExprPtr& x : e.kids) {
        check(x);
        if (t.error()) continue;
        if (x->type.owned())
            error(x->place, "an array cannot hold owned values");
        else
            coerce(x, *t.element, "the element");
    }
    if (!t.error() && t == TypeKind::Vector)
        return error(
            e.place,
            "a vector in the exchange heap has no list of elements: `new[ExHeap] byte[n]`");
    e.type = t;
}

} // namespace singlet::singc
