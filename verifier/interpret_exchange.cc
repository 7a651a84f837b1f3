// The exchange heap: structs, vectors, and giving up.
#include <utility>

#include "verifier/interpret_machine.hh"
#include "verifier/limits.hh"
#include "verifier/text.hh"

namespace singlet::verifier {

using rt::TrapReason;

void Machine::allocated(std::uint8_t r, Thing* t) {
    if (t)
        write(r, Value::of(t));
    else
        trap(TrapReason::OutOfMemory);
}

void Machine::op_XNew(const Instruction& i) {
    const Struct& s = m_.structs[i.imm];
    Thing* t = heap_.thing(Kind::Own, static_cast<std::uint16_t>(i.imm), 8 + 4 * s.fields.size(),
                           stacks().all());
    if (t)
        for (const Field& f : s.fields)
            t->values.push_back(zero_of(type(f.type)));
    allocated(i.a, t);
}

void Machine::op_XVec(const Instruction& i) {
    const Type& t = type(i.imm);
    std::uint8_t width = t.kind == Kind::Vec ? width_of(type(t.index).kind) : 0;
    if (!width) return stuck("no vector type: " + type_text(m_, t));
    std::int32_t count = i32(i.b);
    if (count < 0) return trap(TrapReason::BadLength);
    if (static_cast<std::uint32_t>(count) > limits::kElementCount)
        return trap(TrapReason::OutOfMemory);
    std::uint64_t bytes = std::uint64_t(count) * width;
    Thing* v = heap_.thing(Kind::Vec, t.index, 8 + bytes, stacks().all());
    if (v) v->elements = {width, std::vector<std::uint8_t>(bytes)};
    allocated(i.a, v);
}

void Machine::op_XSwap(const Instruction& i) {
    Thing* block = thing(i.b, Kind::Own);
    if (!block) return;
    const auto& fields = m_.structs[block->index].fields;
    if (i.imm >= fields.size()) return stuck("the struct has no field " + std::to_string(i.imm));
    const Type& field = type(fields[i.imm].type);
    if (!is_linear(field.kind)) return stuck("only an owned field is swapped");
    Value v = use(i.a);
    if (v.linear() && v.thing == block) return stuck("a block would own itself");
    at(i.a) = Value{};
    Value old = block->values[i.imm];
    store(block->values[i.imm], field, v);
    write(i.a, old);
}

void Machine::op_Free(const Instruction& i) {
    Value v = take(i.a);
    if (v.kind == Kind::Null || ended_) return;
    if (!v.owned())
        return stuck("r" + std::to_string(i.a) + " holds " + describe(v) +
                     ", which it does not own");
    if (Thing* t = living(v, i.a)) heap_.release(t);
}

void Machine::op_CellNew(const Instruction& i) {
    const Type& t = type(i.imm);
    if (t.kind != Kind::Cell) return stuck("no cell type: " + type_text(m_, t));
    Object* o = heap_.object(Kind::Cell, t.index, 12, stacks().all());
    if (!o) return trap(TrapReason::OutOfMemory);
    o->values.emplace_back();
    write(i.a, Value::of(o));
}

void Machine::op_CellTake(const Instruction& i) {
    Object* cell = object(i.b, Kind::Cell);
    if (!cell) return;
    Value v = std::exchange(cell->values[0], Value{});
    if (v.kind == Kind::Unset) return trap(TrapReason::BadCell);
    write(i.a, v);
}

void Machine::op_CellPut(const Instruction& i) {
    Object* cell = object(i.a, Kind::Cell);
    if (!cell) return;
    Value v = take(i.b);
    if (cell->values[0].kind != Kind::Unset) return trap(TrapReason::BadCell);
    store(cell->values[0], type(cell->index), v);
}

void Machine::op_CellFull(const Instruction& i) {
    Object* cell = object(i.b, Kind::Cell);
    write(i.a, Value::i32(cell && cell->values[0].kind != Kind::Unset));
}

} // namespace singlet::verifier
