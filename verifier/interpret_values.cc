#include "verifier/interpret_values.hh"

#include <algorithm>

namespace singlet::verifier {

std::int64_t Elements::load(std::size_t at, std::uint32_t bytes_each) const {
    std::uint64_t v = 0;
    for (std::uint32_t i = 0; i < bytes_each; i++)
        v |= std::uint64_t{bytes[at + i]} << (8 * i);
    return bytes_each == 4 ? static_cast<std::int32_t>(v) : static_cast<std::int64_t>(v);
}

void Elements::store(std::size_t at, std::uint32_t bytes_each, std::int64_t v) {
    for (std::uint32_t i = 0; i < bytes_each; i++)
        bytes[at + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(v) >> (8 * i));
}

std::uint8_t width_of(Kind kind) {
    switch (kind) {
    case Kind::U8:
        return 1;
    case Kind::U16:
        return 2;
    case Kind::I32:
        return 4;
    case Kind::I64:
        return 8;
    default:
        return 0;
    }
}

Value zero_of(const Type& type) {
    if (type.kind == Kind::I64) return Value::i64(0);
    return width_of(type.kind) ? Value::i32(0) : Value::null();
}

bool is_instance(const Module& m, std::uint16_t c, std::uint16_t wanted) {
    return c == wanted || std::ranges::count(m.classes[c].interfaces, wanted) != 0;
}

bool fits(const Module& m, const Value& v, const Type& t) {
    if (v.kind == Kind::Null) return t.nullable;
    if (v.linear() && (v.lent != (t.lent != 0) || v.thing->generation != v.generation))
        return false;
    switch (t.kind) {
    case Kind::U8:
    case Kind::U16:
    case Kind::I32:
        return v.kind == Kind::I32;
    case Kind::Ref:
        return v.kind == Kind::Ref && is_instance(m, v.object->index, t.index);
    case Kind::Array:
    case Kind::Cell:
        return v.kind == t.kind && v.object->index == t.index;
    case Kind::Own:
    case Kind::Vec:
    case Kind::Set:
        return v.kind == t.kind && v.thing->index == t.index;
    case Kind::Endpoint:
        return v.kind == Kind::Endpoint && v.thing->index == t.index && v.thing->side == t.side &&
               v.thing->state == t.state;
    default:
        return v.kind == t.kind && v.kind != Kind::Unset;
    }
}

} // namespace singlet::verifier
