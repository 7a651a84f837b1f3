// Making values out of nothing, and bringing the registers to a state.
#include "verifier/fuzz/writer.hh"

#include "verifier/meet.hh"

namespace singlet::fuzz {

bool Writer::makeable(const Type& t) {
    if (t.nullable || t.kind == Kind::Null) return true;
    if (t.lent && is_pinned(t)) return false;
    switch (t.kind) {
    case Kind::I32:
    case Kind::I64:
    case Kind::Str:
    case Kind::Array:
    case Kind::Cell:
    case Kind::Own:
    case Kind::Vec:
    case Kind::Set:
        return true;
    case Kind::Ref:
        return world_.class_for(t.index).has_value();
    case Kind::Endpoint:
        return t.state == 0;
    case Kind::Any:
        return module_.contracts[0].states[0].transitions.size() > 0;
    default:
        return false;
    }
}

// Uses the second scratch register only. What is lent in a slot is made as owned: it is lent by being passed.
bool Writer::make(Register r, Type t) {
    if (!makeable(t)) return false;
    drop(r);
    if (t.kind == Kind::Null || (t.nullable && choices_.chance(30))) {
        emit(Opcode::Null, r);
        set(r, {.kind = Kind::Null});
        return true;
    }
    const Type sure{.kind = t.kind, .side = t.side, .index = t.index, .state = t.state};
    if (!makeable(sure)) {
        emit(Opcode::Null, r);
        set(r, {.kind = Kind::Null});
        return true;
    }
    t = sure;
    auto length = [&] {
        const auto n = choices_.chance(2)
                           ? -1
                           : static_cast<std::int32_t>(World::kLeastLength + choices_.below(9));
        emit(Opcode::LdI, second_scratch(), 0, 0, static_cast<std::uint32_t>(n));
        set(second_scratch(), {.kind = Kind::I32});
        return second_scratch();
    };
    switch (t.kind) {
    case Kind::I32:
        emit(Opcode::LdI, r, 0, 0, choices_.below(50));
        break;
    case Kind::I64:
        emit(Opcode::LdL, r, 0, 0, choices_.below(50));
        break;
    case Kind::Str:
        emit(Opcode::LdStr, r, 0, 0, choices_.below(module_.strings.size()));
        break;
    case Kind::Ref:
        t.index = *world_.class_for(t.index);
        emit(Opcode::New, r, 0, 0, t.index);
        break;
    case Kind::Array:
        emit(Opcode::NewArr, r, length(), 0, world_.intern(t));
        break;
    case Kind::Cell:
        emit(Opcode::CellNew, r, 0, 0, world_.intern(t));
        break;
    case Kind::Own:
        emit(Opcode::XNew, r, 0, 0, t.index);
        break;
    case Kind::Vec:
        emit(Opcode::XVec, r, length(), 0, world_.intern(t));
        break;
    case Kind::Set:
        emit(Opcode::SetNew, r, 0, 0, world_.intern(t));
        break;
    case Kind::Any: {
        const bool importer = world_.sends({.kind = Kind::Endpoint});
        emit(Opcode::Channel, importer ? r : second_scratch(), importer ? second_scratch() : r, 0,
             0);
        emit(Opcode::Free, second_scratch());
        emit(Opcode::Wrap, r, r);
        set(second_scratch(), {});
        break;
    }
    default: { // an endpoint, whose peer goes
        const bool importer = t.side == Side::Importer;
        emit(Opcode::Channel, importer ? r : second_scratch(), importer ? second_scratch() : r, 0,
             t.index);
        emit(Opcode::Free, second_scratch());
        set(second_scratch(), {});
        break;
    }
    }
    set(r, t);
    return true;
}

Writer::MaybeRegister Writer::need(const Type& slot, bool to_take) {
    const bool takes = to_take && is_linear(slot.kind);
    if (choices_.chance(85))
        if (auto r = find(slot, takes)) return r;
    if (!makeable(slot)) return find(slot, takes);
    const Register r = fresh();
    make(r, slot);
    return r;
}

// Something new where there is nothing, except now and then: what follows traps if it is null.
void Writer::sure(Register r) {
    Type t = type(r);
    if (!t.nullable || is_linear(t.kind) || locked_[r] || choices_.chance(8)) return;
    t.nullable = false;
    if (!makeable(t)) return;
    const Label null = label(), set_already = label();
    branch(Opcode::BrNull, r, null, set_already);
    State after = now_;
    after.types[r] = t;
    bind(null);
    after.types[second_scratch()] = {};
    make(r, t);
    end(Opcode::Jmp, 0, 0, 0, set_already);
    now_ = after;
    bind(set_already);
}

void Writer::coerce(const State& target) {
    for (std::size_t n = 0; n < now_.types.size(); ++n) {
        const auto r = static_cast<Register>(n);
        const Type wanted = target.types[r];
        if (wanted.kind == Kind::Unset) {
            drop(r);
        } else if (!world_.suits(type(r), wanted) || (type(r).lent != 0) != (wanted.lent != 0)) {
            if (wanted.nullable) {
                drop(r);
                emit(Opcode::Null, r);
            } else {
                make(r, wanted);
            }
        }
    }
    now_ = target;
}

// A state that all ends can be brought to: what is owned on one path is owned or null on all.
Writer::State Writer::common(std::vector<Arm>& ends) {
    State target = ends[0].state;
    for (std::size_t r = general_; r < target.types.size(); ++r)
        target.types[r] = {};
    for (std::size_t r = 0; r < general_; ++r) {
        Type& t = target.types[r];
        bool free_it = choices_.chance(20);
        for (std::size_t e = 1; e < ends.size(); ++e) {
            const Type& other = ends[e].state.types[r];
            if (target.marks[r] != ends[e].state.marks[r]) target.marks[r] = 0;
            if (t == other) continue;
            const bool same = same_thing(t, other) && t.lent == other.lent;
            if (same) {
                t.nullable |= other.nullable;
            } else if (is_owned(t) || is_owned(other)) {
                if (!is_owned(t)) t = other;
                t.nullable = true;
                if (free_it) t = {};
            } else if (t.kind == Kind::Null || other.kind == Kind::Null) {
                if (t.kind == Kind::Null) t = other;
                const bool can = is_collected(t.kind) || (is_linear(t.kind) && !is_pinned(t));
                if (can)
                    t.nullable = true;
                else
                    t = {};
            } else {
                t = {};
            }
        }
        if (is_owned(t) && t.nullable && free_it && !locked_[r]) t = {};
    }
    return target;
}

} // namespace singlet::fuzz
