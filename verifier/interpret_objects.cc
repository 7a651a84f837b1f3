// Collected objects, arrays, strings and cells; elements and bytes of exchange vectors too.
#include <algorithm>
#include <utility>

#include "verifier/interpret_machine.hh"
#include "verifier/limits.hh"
#include "verifier/text.hh"

namespace singlet::verifier {

using rt::TrapReason;

void Machine::op_IsNull(const Instruction& i) { write(i.a, Value::i32(is_null(i.b))); }

void Machine::op_IsInst(const Instruction& i) {
    bool null = at(i.b).kind == Kind::Null;
    Object* o = null ? nullptr : object(i.b, Kind::Ref);
    write(i.a, Value::i32(o && is_instance(m_, o->index, static_cast<std::uint16_t>(i.imm))));
}

void Machine::op_BrIs(const Instruction& i) {
    bool null = at(i.a).kind == Kind::Null;
    Object* o = null ? nullptr : object(i.a, Kind::Ref);
    bool is = o && is_instance(m_, o->index, i.c);
    if (is) write(i.b, Value::of(o));
    go(is ? i.true_block() : i.false_block());
}

void Machine::op_Cast(const Instruction& i) {
    if (at(i.b).kind == Kind::Null) return write(i.a, Value::null());
    Object* o = object(i.b, Kind::Ref);
    if (!o) return;
    if (!is_instance(m_, o->index, static_cast<std::uint16_t>(i.imm)))
        return trap(TrapReason::BadCast);
    write(i.a, Value::of(o));
}

void Machine::op_RefEq(const Instruction& i) {
    for (std::uint8_t r : {i.b, i.c})
        if (at(r).kind != Kind::Null && !is_collected(at(r).kind))
            return stuck("r" + std::to_string(r) + " holds " + describe(at(r)) +
                         ", expected a reference");
    const Value &x = at(i.b), &y = at(i.c);
    bool both = x.kind != Kind::Null && y.kind != Kind::Null;
    write(i.a, Value::i32(both ? x.object == y.object : x.kind == y.kind));
}

void Machine::op_New(const Instruction& i) {
    const Class& c = m_.classes[i.imm];
    if (c.is_interface) return stuck("an interface has no objects");
    Object* o = heap_.object(Kind::Ref, static_cast<std::uint16_t>(i.imm), 8 + 4 * c.fields.size(),
                             stacks().all());
    if (!o) return trap(TrapReason::OutOfMemory);
    for (const Field& f : c.fields)
        o->values.push_back(zero_of(type(f.type)));
    write(i.a, Value::of(o));
}

void Machine::op_LdFld(const Instruction& i) {
    const Value& v = at(i.b);
    bool block = v.kind == Kind::Own;
    Object* o = block ? nullptr : object(i.b, Kind::Ref);
    Thing* t = block ? living(v, i.b) : nullptr;
    if (!o && !t) return;
    const auto& fields = o ? m_.classes[o->index].fields : m_.structs[t->index].fields;
    if (i.imm >= fields.size())
        return stuck(describe(v) + " has no field " + std::to_string(i.imm));
    const Type& field = type(fields[i.imm].type);
    const Value& value = o ? o->values[i.imm] : t->values[i.imm];
    if (is_linear(field.kind)) return stuck("an owned field is only swapped");
    if (!fits(m_, value, field)) return stuck("the field holds " + describe(value));
    write(i.a, value);
}

void Machine::op_StFld(const Instruction& i) {
    const Value& v = at(i.a);
    bool block = v.kind == Kind::Own;
    Object* o = block ? nullptr : object(i.a, Kind::Ref);
    Thing* t = block ? living(v, i.a) : nullptr;
    if (!o && !t) return;
    const auto& fields = o ? m_.classes[o->index].fields : m_.structs[t->index].fields;
    if (i.imm >= fields.size())
        return stuck(describe(v) + " has no field " + std::to_string(i.imm));
    const Type& field = type(fields[i.imm].type);
    if (is_linear(field.kind)) return stuck("an owned field is only swapped");
    store(o ? o->values[i.imm] : t->values[i.imm], field, use(i.b));
}

void Machine::op_NewArr(const Instruction& i) {
    const Type& t = type(i.imm);
    if (t.kind != Kind::Array) return stuck("no array type: " + type_text(m_, t));
    const Type& element = type(t.index);
    std::int32_t count = i32(i.b);
    if (count < 0) return trap(TrapReason::BadLength);
    if (static_cast<std::uint32_t>(count) > limits::kElementCount)
        return trap(TrapReason::OutOfMemory);
    std::uint8_t width = width_of(element.kind);
    Object* o = heap_.object(Kind::Array, t.index, 8 + std::uint64_t(count) * (width ? width : 4),
                             stacks().all());
    if (!o) return trap(TrapReason::OutOfMemory);
    o->elements.width = width;
    if (width)
        o->elements.bytes.resize(std::size_t(count) * width);
    else
        o->values.resize(std::size_t(count), Value::null());
    write(i.a, Value::of(o));
}

Machine::Array Machine::array(std::uint8_t r) {
    const Value& v = at(r);
    Array a;
    if (v.kind == Kind::Str || v.kind == Kind::Array) {
        a.read_only = v.kind == Kind::Str;
        a.element = a.read_only ? std::uint16_t{kU8} : v.object->index;
        if (v.object->holds_numbers())
            a.numbers = &v.object->elements;
        else
            a.values = &v.object->values;
    } else if (v.kind == Kind::Vec) {
        if (Thing* t = living(v, r)) a = {.numbers = &t->elements, .element = t->index};
    } else if (v.kind == Kind::Null) {
        trap(TrapReason::NullReference);
    } else {
        stuck("r" + std::to_string(r) + " holds " + describe(v) + ", expected an array");
    }
    return a;
}

Elements* Machine::bytes(std::uint8_t r, bool write) {
    Array a = array(r);
    if (ended_) return nullptr;
    if (!a.numbers || a.numbers->width != 1) {
        stuck("r" + std::to_string(r) + " holds " + describe(at(r)) + ", expected bytes");
        return nullptr;
    }
    if (write && a.read_only) {
        stuck("a string is not written");
        return nullptr;
    }
    return a.numbers;
}

bool Machine::in_bounds(std::int64_t index, std::uint64_t count, std::uint64_t length) {
    if (index >= 0 && static_cast<std::uint64_t>(index) + count <= length) return true;
    trap(TrapReason::OutOfBounds);
    return false;
}

void Machine::op_Len(const Instruction& i) {
    Array a = array(i.b);
    write(i.a, Value::i32(static_cast<std::int32_t>(a.length())));
}

void Machine::op_LdElem(const Instruction& i) {
    Array a = array(i.b);
    std::int32_t index = i32(i.c);
    if (ended_ || !in_bounds(index, 1, a.length())) return;
    auto n = static_cast<std::size_t>(index);
    if (!a.numbers) {
        const Value& v = (*a.values)[n];
        if (!fits(m_, v, type(a.element))) return stuck("the element holds " + describe(v));
        return write(i.a, v);
    }
    std::int64_t v = a.numbers->get(n);
    write(i.a, a.numbers->width == 8 ? Value::i64(v) : Value::i32(static_cast<std::int32_t>(v)));
}

void Machine::op_StElem(const Instruction& i) {
    Array a = array(i.a);
    std::int32_t index = i32(i.b);
    const Value& v = use(i.c);
    if (ended_) return;
    if (a.read_only) return stuck("a string is not written");
    if (!in_bounds(index, 1, a.length())) return;
    Value stored;
    store(stored, type(a.element), v);
    if (ended_) return;
    if (a.numbers)
        a.numbers->set(static_cast<std::size_t>(index), stored.number);
    else
        (*a.values)[static_cast<std::size_t>(index)] = stored;
}

void Machine::op_LdBytes(const Instruction& i) {
    Elements* e = bytes(i.b, false);
    std::int32_t at = i32(i.c);
    if (!e || ended_ || !in_bounds(at, i.imm, e->bytes.size())) return;
    write(i.a, Value::i32(static_cast<std::int32_t>(e->load(static_cast<std::size_t>(at), i.imm))));
}

void Machine::op_StBytes(const Instruction& i) {
    Elements* e = bytes(i.a, true);
    std::int32_t at = i32(i.b), v = i32(i.c);
    if (!e || ended_ || !in_bounds(at, i.imm, e->bytes.size())) return;
    e->store(static_cast<std::size_t>(at), i.imm, v);
}

void Machine::op_Copy(const Instruction& i) {
    auto r = [&](int n) { return static_cast<std::uint8_t>(i.b + n); };
    Elements* to = bytes(r(0), true);
    Elements* from = to ? bytes(r(2), false) : nullptr;
    std::int32_t to_at = i32(r(1)), from_at = i32(r(3)), count = i32(r(4));
    if (!to || !from || ended_) return;
    if (count < 0) return trap(TrapReason::OutOfBounds);
    auto n = static_cast<std::uint32_t>(count);
    if (!in_bounds(to_at, n, to->bytes.size()) || !in_bounds(from_at, n, from->bytes.size()))
        return;
    auto first = from->bytes.begin() + from_at;
    if (to == from && to_at > from_at)
        std::copy_backward(first, first + count, to->bytes.begin() + to_at + count);
    else
        std::copy(first, first + count, to->bytes.begin() + to_at);
}

} // namespace singlet::verifier
