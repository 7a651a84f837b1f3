#include "verifier/meet.hh"

#include "lib/core/assert.hh"

namespace singlet::verifier {
namespace {

bool can_be_null(const Type& type) {
    // <since lab6>
    const bool tracked = type.kind == Kind::Endpoint || type.kind == Kind::Set;
    if (tracked && type.lent) return false;
    // </since>
    return is_collected(type.kind) || is_linear(type.kind);
}

constexpr Type kConflict{.kind = Kind::Conflict};
constexpr Type kUnset{.kind = Kind::Unset};

// Neither is Unset, Conflict, null or equal to the other.
Type meet_values(const Program& program, Type a, const Type& b) {
    // <lab3:meet program, b else return a;>
    const bool nullable = a.nullable || b.nullable;
    a.nullable = b.nullable;
    if (a == b) {
        a.nullable = nullable;
        return a;
    }
    if (a.kind != Kind::Ref || b.kind != Kind::Ref) return kConflict;
    const std::uint16_t interface = program.subtypes.common(a.index, b.index);
    if (interface == Subtypes::kNone) return kConflict;
    return {.kind = Kind::Ref, .nullable = nullable, .index = interface};
    // </lab3:meet>
}

Type meet_types(const Program& program, const Type& a, const Type& b) {
    // <lab3:definite kUnset else >
    if (a.kind == Kind::Unset || b.kind == Kind::Unset) return kUnset;
    // </lab3:definite>
    // <lab3:meet program, b, kConflict, can_be_null, meet_values else return a;>
    if (a.kind == Kind::Conflict || b.kind == Kind::Conflict) return kConflict;
    if (a.kind == Kind::Null || b.kind == Kind::Null) {
        Type other = a.kind == Kind::Null ? b : a;
        if (!can_be_null(other)) return kConflict;
        other.nullable = true;
        return other;
    }
    return meet_values(program, a, b);
    // </lab3:meet>
}

} // namespace

bool fits(const Program& program, const Type& value, const Type& slot) {
    // <since lab5>
    if (value.lent && !slot.lent) return false;
    // </since>
    // A slot's type is declared: it is never Unset or in Conflict.
    // <lab3:fits program, value, slot else return true;>
    if (slot.kind == Kind::U8 || slot.kind == Kind::U16) return value.kind == Kind::I32;
    if (value.kind == Kind::Null) return slot.nullable;
    if (value.nullable && !slot.nullable) return false;
    if (same_thing(value, slot)) return true;
    return value.kind == Kind::Ref && slot.kind == Kind::Ref &&
           program.subtypes.implements(value.index, slot.index);
    // </lab3:fits>
}

Meeting meet(const Program& program, const Type& a, const Type& b) {
    if (a == b) return {a};
    const Type type = meet_types(program, a, b);
    // <since lab5 = return {type};>
    const bool forgotten = type.kind == Kind::Unset || type.kind == Kind::Conflict;
    return {type, forgotten && (is_pinned(a) || is_pinned(b))};
    // </since>
}

} // namespace singlet::verifier
