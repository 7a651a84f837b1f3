#include <fmt/format.h>

#include "user/singc/check.hh"

namespace singlet::singc {

using Status = VariableFlow::Status;
using Null = VariableFlow::Null;

void Checker::check(ExprPtr& p, const Type* hint) {
    Expr& e = *p;
    e.constant = false;
    e.moves = false;
    e.type = kErrorType;
    switch (e.kind) {
    case ExprKind::Integer:
    case ExprKind::String:
    case ExprKind::Bool:
    case ExprKind::Null:
        literal(e);
        break;
    case ExprKind::This:
    case ExprKind::Name:
        check_name(e);
        break;
    case ExprKind::Field:
        check_field(e);
        break;
    case ExprKind::Index:
        check_index(e);
        break;
    case ExprKind::Call:
        check_call(e);
        break;
    case ExprKind::Unary:
        check_unary(e);
        break;
    case ExprKind::Binary:
        check_binary(e);
        break;
    case ExprKind::Conditional:
        check_conditional(e);
        break;
    case ExprKind::Assign:
        check_assign(e);
        break;
    case ExprKind::Increment:
        check_increment(e);
        break;
    case ExprKind::Is:
    case ExprKind::As:
        check_is_as(e);
        break;
    case ExprKind::Cast:
        check_cast(e);
        break;
    case ExprKind::New:
        check_new(e);
        break;
    case ExprKind::NewArray:
        check_new_array(e);
        break;
    case ExprKind::ArrayList:
        check_array_list(e);
        break;
    case ExprKind::Out:
        error(e.place, "`out` is only for the arguments of NewChannel and Recv");
        break;
    case ExprKind::Convert: { // a second walk: what was under it may have another type now
        ExprPtr inner = std::move(e.kids[0]);
        p = std::move(inner);
        check(p, hint);
        break;
    }
    }
}

void Checker::check_name(Expr& e) {
    if (e.kind == ExprKind::This) {
        if (!function_ || function_->owner < 0)
            return error(e.place, "there is no `this` outside of methods");
        e.kind = ExprKind::Name;
        e.text = "this";
    }
    if (function_)
        if (Variable* v = find_variable(e.text)) {
            e.variable = v;
            e.type = v->type;
            if (usable(*v, e.place)) e.type = current_type(*v);
            return;
        }
    if (function_ && function_->owner >= 0)
        for (const FieldInfo& f :
             program_.classes[static_cast<std::size_t>(function_->owner)].fields)
            if (f.name == e.text) { // this.f
                auto self = std::make_unique<Expr>();
                self->kind = ExprKind::This;
                self->place = e.place;
                e.kind = ExprKind::Field;
                e.kids.push_back(std::move(self));
                return check_field(e);
            }
    const Symbol* s = program_.find(e.text);
    if (s && s->kind == SymbolKind::Const) {
        ConstInfo& c = program_.consts[s->index];
        constant(c);
        if (c.type == TypeKind::String) {
            e.kind = ExprKind::String;
            e.text = c.string;
            e.type = kStringType;
        } else if (!c.type.error()) {
            make_constant(e, c.type, c.value);
        }
        return;
    }
    if (s && s->kind == SymbolKind::Function)
        return error(e.place,
                     fmt::format("`{}` is a function: expected `(` and its arguments", e.text));
    if (s) return error(e.place, fmt::format("`{}` is not a value", e.text));
    std::vector<std::string> candidates;
    for (const Variable* v : scope_)
        candidates.push_back(v->name);
    for (const ConstInfo& c : program_.consts)
        candidates.push_back(c.name);
    if (function_ && function_->owner >= 0)
        for (const FieldInfo& f :
             program_.classes[static_cast<std::size_t>(function_->owner)].fields)
            candidates.push_back(f.name);
    error(e.place, fmt::format("there is nothing named `{}` here{}", e.text,
                               did_you_mean(e.text, candidates)));
}

void Checker::check_field(Expr& e) {
    check(e.kids[0]);
    Expr& object = e.kid(0);
    if (object.type.error()) return;
    const Type t = object.type;
    bool sequence = t == TypeKind::String || t == TypeKind::Array || t == TypeKind::Vector;
    dereference(object, "members");
    if (sequence && e.text == "Length") {
        e.target = Target::Length;
        e.type = kIntType;
        return;
    }
    if (t == TypeKind::Cell && e.text == "Full") {
        e.target = Target::Full;
        e.type = kBoolType;
        return;
    }
    const std::vector<FieldInfo>* fields = nullptr;
    if (t == TypeKind::Object) fields = &program_.classes[t.index].fields;
    if (t == TypeKind::Struct) fields = &program_.structs[t.index].fields;
    std::vector<std::string> candidates;
    for (std::size_t i = 0; fields && i < fields->size(); i++) {
        candidates.push_back((*fields)[i].name);
        if ((*fields)[i].name != e.text) continue;
        e.target = t == TypeKind::Object ? Target::ClassField : Target::StructField;
        e.index = static_cast<std::uint32_t>(i);
        e.type = (*fields)[i].type;
        return;
    }
    if (t == TypeKind::Object)
        for (const Function* m : program_.classes[t.index].methods)
            if (m->short_name == e.text)
                return error(
                    e.place,
                    fmt::format("`{}` is a method: expected `(` and its arguments", e.text));
    if (sequence) candidates.push_back("Length");
    error(e.place, fmt::format("{} has no member `{}`{}", name(t), e.text,
                               did_you_mean(e.text, candidates)));
}

void Checker::check_index(Expr& e) {
    check(e.kids[0]);
    check(e.kids[1]);
    Expr& array = e.kid(0);
    if (!array.type.error() && array.type != TypeKind::String && array.type != TypeKind::Array &&
        array.type != TypeKind::Vector) {
        error(array.place,
              fmt::format("expected an array, a string or a vector before `[`, found {}",
                          name(array.type)));
        return;
    }
    if (e.kid(1).type == TypeKind::UInt && !e.kid(1).constant) {
        e.kid(1).type.kind =
            TypeKind::UInt; // an index is compared unsigned: large is out of bounds
    } else {
        coerce(e.kids[1], kIntType, "an index");
    }
    if (array.type.error()) return;
    dereference(array, "elements");
    e.type = array.type == TypeKind::String ? kByteType : *array.type.element;
}

void Checker::check_unary(Expr& e) {
    if (e.op == Tok::Not) {
        Branches b = condition(e.kids[0]);
        flow_ = join_flows(b.yes, b.no, e.place, "the two values of this condition");
        e.type = kBoolType;
        if (e.kid(0).constant) fold_unary(e);
        return;
    }
    Expr& literal = e.kid(0);
    if (e.op == Tok::Minus && literal.kind == ExprKind::Integer && literal.number.suffix == 0 &&
        literal.number.value == 0x80000000u) {
        check(e.kids[0]);
        return make_constant(e, kIntType, INT32_MIN);
    }
    check(e.kids[0]);
    Expr& operand = e.kid(0);
    if (operand.type.error()) return;
    if (!operand.type.integer())
        return error(e.place, fmt::format("expected an integer behind `{}`, found {}",
                                          token_text(e.op).substr(1, token_text(e.op).size() - 2),
                                          name(operand.type)));
    if (operand.type == TypeKind::Byte) coerce(e.kids[0], kIntType, "the operand");
    e.type = e.kid(0).type;
    if (e.kid(0).constant) fold_unary(e);
}

// The integer type in which `a` and `b` meet; both are made that.
Type Checker::common_integer(Expr& e, ExprPtr& a, ExprPtr& b) {
    if (a->type.error() || b->type.error()) return kErrorType;
    for (const ExprPtr* x : {&a, &b})
        if (!(*x)->type.integer()) {
            error((*x)->place, fmt::format("expected an integer for {}, found {}", token_text(e.op),
                                           name((*x)->type)));
            return kErrorType;
        }
    auto is = [&](TypeKind k) { return a->type == k || b->type == k; };
    Type t = kIntType;
    if (is(TypeKind::Long)) {
        t = kLongType;
    } else if (is(TypeKind::UInt)) {
        t = kUIntType;
        for (const auto& [x, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
            if ((*x)->type != TypeKind::Int) continue;
            if ((*x)->constant && (*x)->value >= 0) continue;
            if ((*other)->constant && (*other)->value <= INT32_MAX) {
                t = kIntType;
                continue;
            }
            error(e.place,
                  fmt::format("{} mixes int and uint: cast one of them", token_text(e.op)));
            return kErrorType;
        }
    }
    coerce(a, t, "the left operand");
    coerce(b, t, "the right operand");
    return t;
}

void Checker::shift_amount(ExprPtr& e) {
    if (e->type.error()) return;
    if (e->type == TypeKind::UInt) return;
    coerce(e, kIntType, "the shift's amount");
}

void Checker::check_binary(Expr& e) {
    switch (e.op) {
    case Tok::AndAnd:
    case Tok::OrOr: {
        Branches left = condition(e.kids[0]);
        bool both = e.op == Tok::AndAnd;
        flow_ = both ? left.yes : left.no;
        Branches right = condition(e.kids[1]);
        Flow known = join_flows(right.yes, right.no, e.place, "the two values of this condition");
        flow_ = join_flows(both ? left.no : left.yes, known, e.place,
                           "the two values of this condition");
        e.type = kBoolType;
        if (e.kid(0).constant && e.kid(1).constant)
            make_constant(e, kBoolType,
                          both ? e.kid(0).value && e.kid(1).value
                               : e.kid(0).value || e.kid(1).value);
        return;
    }
    case Tok::Equal:
    case Tok::NotEqual:
        return check_equality(e);
    default:
        break;
    }
    check(e.kids[0]);
    check(e.kids[1]);
    Type a = e.kid(0).type, b = e.kid(1).type;
    bool bitwise = e.op == Tok::And || e.op == Tok::Or || e.op == Tok::Xor;
    if (bitwise && a == TypeKind::Bool && b == TypeKind::Bool) {
        e.type = kBoolType;
        if (e.kid(0).constant && e.kid(1).constant) fold_binary(e, kBoolType);
        return;
    }
    if (a == TypeKind::String && e.op == Tok::Plus)
        return error(
            e.place,
            "strings cannot be joined with `+`; print them one after the other, or build bytes");
    Type t;
    if (e.op == Tok::Shl || e.op == Tok::Shr || e.op == Tok::ShrU) {
        if (!a.error() && !a.integer())
            return error(e.kid(0).place, fmt::format("expected an integer for {}, found {}",
                                                     token_text(e.op), name(a)));
        if (a == TypeKind::Byte) coerce(e.kids[0], kIntType, "the left operand");
        shift_amount(e.kids[1]);
        t = e.kid(0).type;
        if (e.kid(1).type.error()) return;
    } else {
        t = common_integer(e, e.kids[0], e.kids[1]);
    }
    if (t.error() || e.kid(0).type.error() || e.kid(1).type.error()) return;
    bool order = e.op == Tok::Less || e.op == Tok::LessEqual || e.op == Tok::Greater ||
                 e.op == Tok::GreaterEqual;
    e.type = order ? kBoolType : t;
    e.result = t;
    if ((e.op == Tok::Slash || e.op == Tok::Percent) && e.kid(1).constant && e.kid(1).value == 0)
        return error(e.place, "a division by the constant 0");
    if (e.kid(0).constant && e.kid(1).constant) fold_binary(e, t);
}

void Checker::check_conditional(Expr& e) {
    Branches b = condition(e.kids[0]);
    flow_ = b.yes;
    check(e.kids[1]);
    Flow yes = flow_;
    flow_ = b.no;
    check(e.kids[2]);
    flow_ = join_flows(yes, flow_, e.place, "the two values of `?:`");
    Type x = e.kid(1).type, y = e.kid(2).type;
    if (x.error() || y.error()) return;
    if (x.owned() || y.owned())
        return error(e.place, "`?:` cannot choose between owned values: use `if`");
    if (x.integer() && y.integer()) {
        e.type = common_integer(e, e.kids[1], e.kids[2]);
        return;
    }
    if (x == TypeKind::Null && y.may_be_nullable()) {
        e.type = y.with_null(true);
    } else if (y == TypeKind::Null && x.may_be_nullable()) {
        e.type = x.with_null(true);
    } else if (fits(x, y.with_null(x.nullable || y.nullable)) && x != TypeKind::Null) {
        e.type = y.may_be_nullable() ? y.with_null(x.nullable || y.nullable) : y;
    } else if (fits(y, x.with_null(x.nullable || y.nullable)) && y != TypeKind::Null) {
        e.type = x.may_be_nullable() ? x.with_null(x.nullable || y.nullable) : x;
    } else {
        error(e.place,
              fmt::format("the two values of `?:` do not fit: {} and {}", name(x), name(y)));
    }
    if (e.type == kVoidType) error(e.place, "the values of `?:` are void");
}

} // namespace singlet::singc
