// Exchange blocks, cells, and giving up.
#include "verifier/fuzz/writer.hh"

#include "verifier/meet.hh"

namespace singlet::fuzz {

void Writer::exchange() {
    switch (choices_.below(3)) {
    case 0: {
        Type t = choices_.chance(50) ? world_.type(choices_.of(world_.vectors)) : world_.owned();
        if (makeable(t)) make(fresh(), t);
        return;
    }
    case 1: {
        const auto r = find_if([&](Register r) { return is_owned(type(r)) && !locked_[r]; });
        if (r) drop(*r);
        return;
    }
    default: {
        const auto r = find_if([&](Register r) { return is_linear(type(r).kind); });
        if (!r) return;
        const Register to = fresh();
        emit(Opcode::IsNull, to, *r);
        set(to, {.kind = Kind::I32});
    }
    }
}

void Writer::swap() {
    const auto block =
        find_if([&](Register r) { return type(r).kind == Kind::Own && !type(r).nullable; });
    if (!block) return;
    const auto& fields = module_.structs[type(*block).index].fields;
    const std::uint32_t number = choices_.below(fields.size());
    const Type slot = world_.type(fields[number].type);
    if (!is_linear(slot.kind)) return;
    auto value = choices_.chance(70) ? find(slot, true) : MaybeRegister{};
    if (!value) {
        value = fresh();
        make(*value, slot);
    }
    emit(Opcode::XSwap, *value, *block, 0, number);
    set(*value, slot);
}

void Writer::cells() {
    const auto cell = find_if([&](Register r) { return type(r).kind == Kind::Cell; });
    if (!cell) {
        const Register to = fresh();
        make(to, world_.type(choices_.of(world_.cells)));
        return;
    }
    sure(*cell);
    const Type inside = world_.type(type(*cell).index);
    const Register full = fresh();
    emit(Opcode::CellFull, full, *cell);
    set(full, {.kind = Kind::I32});
    type(*cell).nullable = false;
    print(full);
    const bool take = choices_.chance(50), careful = choices_.chance(92);
    const Label right = label(), done = label();
    const Register to = take ? fresh() : scratch();
    set(to, {});
    const State before = now_;
    if (careful) branch(Opcode::BrNz, full, take ? right : done, take ? done : right);
    if (careful) bind(right);
    if (take) { // and gives it up, so that both ways are alike
        emit(Opcode::CellTake, to, *cell);
        set(to, inside);
        drop(to);
    } else {
        if (make(to, inside)) emit(Opcode::CellPut, *cell, to);
        set(to, {});
    }
    if (!careful) return;
    end(Opcode::Jmp, 0, 0, 0, done);
    now_ = before;
    bind(done);
}

} // namespace singlet::fuzz
