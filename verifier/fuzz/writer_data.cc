// Integers, objects, arrays.
#include "verifier/fuzz/writer.hh"

#include "verifier/meet.hh"

namespace singlet::fuzz {
namespace {

constexpr Type kInt{.kind = Kind::I32};
constexpr Type kLong{.kind = Kind::I64};

Type in_register(Type t) {
    if (t.kind == Kind::U8 || t.kind == Kind::U16) t.kind = Kind::I32;
    return t;
}

constexpr std::uint8_t byte_of(AluOp op) { return static_cast<std::uint8_t>(op); }
constexpr bool divides(AluOp op) { return op >= AluOp::Div && op <= AluOp::RemU; }
constexpr bool shifts(AluOp op) { return op >= AluOp::Shl; }

AluOp some_operation(Choices& choices, bool division) {
    for (;;) {
        const auto op = static_cast<AluOp>(choices.below(static_cast<std::size_t>(AluOp::kCount)));
        if (divides(op) == division) return op;
        if (division) return static_cast<AluOp>(byte_of(AluOp::Div) + choices.below(4));
        return AluOp::Add;
    }
}

} // namespace

void Writer::arithmetic() {
    const AluOp op = some_operation(choices_, false);
    const Register x = integer();
    if (choices_.chance(50)) {
        constexpr std::int32_t kSome[] = {1,  -1, 3,   8,          31,
                                          32, 33, 255, 0x12345678, -0x7fffffff - 1};
        const Register to = fresh();
        emit(Opcode::AluI, to, x, byte_of(op), static_cast<std::uint32_t>(choices_.of(kSome)));
        return set(to, kInt);
    }
    const Register y = integer(), to = fresh();
    emit(Opcode::Alu, to, x, y, byte_of(op));
    set(to, kInt);
}

void Writer::divide() {
    const AluOp op = some_operation(choices_, true);
    const Register x = integer();
    if (choices_.chance(40)) {
        constexpr std::int32_t kSome[] = {1, -1, 2, 3, 7, 10, 1000, 0x10000, -5};
        const Register to = fresh();
        emit(Opcode::AluI, to, x, byte_of(op), static_cast<std::uint32_t>(choices_.of(kSome)));
        return set(to, kInt);
    }
    const Register y = integer(), divisor = fresh(), to = fresh();
    if (divisor == to) return;
    emit(Opcode::AluI, divisor, y, byte_of(AluOp::Or), choices_.chance(97) ? 1 : 0);
    set(divisor, kInt);
    emit(Opcode::Alu, to, x, divisor, byte_of(op));
    set(to, kInt);
}

void Writer::wide() {
    switch (choices_.below(5)) {
    case 0: {
        const Register x = integer(), to = fresh();
        emit(choices_.chance(50) ? Opcode::SxL : Opcode::ZxL, to, x);
        return set(to, kLong);
    }
    case 1: {
        const Register x = long_integer(), to = fresh();
        emit(Opcode::LowL, to, x);
        set(to, kInt);
        return print(to);
    }
    case 2: {
        const Register x = long_integer(), y = long_integer(), divisor = fresh(), to = fresh();
        if (divisor == to || x == divisor) return;
        emit(Opcode::LdL, divisor, 0, 0, choices_.chance(97) ? 1 : 0);
        emit(Opcode::AluL, divisor, y, divisor, byte_of(AluOp::Or));
        set(divisor, kLong);
        emit(Opcode::AluL, to, x, divisor, byte_of(some_operation(choices_, true)));
        return set(to, kLong);
    }
    default: {
        const AluOp op = some_operation(choices_, false);
        const Register x = long_integer(), y = shifts(op) ? integer() : long_integer();
        const Register to = fresh();
        emit(Opcode::AluL, to, x, y, byte_of(op));
        return set(to, kLong);
    }
    }
}

void Writer::compare() {
    const std::uint32_t condition = choices_.below(static_cast<std::size_t>(Condition::kCount));
    if (choices_.chance(35)) {
        const Register x = long_integer(), y = long_integer(), to = fresh();
        emit(Opcode::CmpL, to, x, y, condition);
        return set(to, kInt);
    }
    const Register x = integer();
    if (choices_.chance(50)) {
        const Register to = fresh();
        emit(Opcode::CmpI, to, x, static_cast<std::uint8_t>(condition), choices_.below(20));
        return set(to, kInt);
    }
    const Register y = integer(), to = fresh();
    emit(Opcode::Cmp, to, x, y, condition);
    set(to, kInt);
}

void Writer::constant() {
    switch (choices_.below(4)) {
    case 0: {
        const Register to = fresh();
        emit(Opcode::Null, to);
        return set(to, {.kind = Kind::Null});
    }
    case 1: {
        const Register to = fresh();
        emit(Opcode::LdStr, to, 0, 0, choices_.below(module_.strings.size()));
        return set(to, {.kind = Kind::Str});
    }
    case 2: { // owned and borrowed values move
        const auto from = find_if([&](Register r) {
            return type(r).kind != Kind::Unset && type(r).kind != Kind::Conflict && !locked_[r];
        });
        if (from) move(fresh(), *from);
        return;
    }
    default:
        need(world_.plain());
    }
}

void Writer::objects() {
    const auto cls = static_cast<std::uint16_t>(choices_.below(module_.classes.size()));
    const Type ref{.kind = Kind::Ref, .nullable = true, .index = cls};
    switch (choices_.below(5)) {
    case 0: {
        const Register to = fresh();
        make(to, ref);
        return;
    }
    case 1: {
        const auto r = find_if([&](Register r) { return is_reference(type(r).kind); });
        if (!r) return;
        const Register to = fresh();
        emit(Opcode::IsNull, to, *r);
        return set(to, kInt);
    }
    case 2: {
        const auto r = need(ref);
        const Register to = fresh();
        if (!r) return;
        emit(Opcode::IsInst, to, *r, 0, choices_.below(module_.classes.size()));
        return set(to, kInt);
    }
    case 3: { // mostly to what it is
        const auto r = need(ref);
        const Register to = fresh();
        if (!r) return;
        const std::uint16_t wanted =
            choices_.chance(85) && type(*r).kind == Kind::Ref
                ? type(*r).index
                : static_cast<std::uint16_t>(choices_.below(module_.classes.size()));
        const bool may_be_null = type(*r).nullable || type(*r).kind == Kind::Null;
        emit(Opcode::Cast, to, *r, 0, wanted);
        return set(to, {.kind = Kind::Ref, .nullable = may_be_null, .index = wanted});
    }
    default: {
        const auto any = [&](Register r) {
            return is_collected(type(r).kind) || type(r).kind == Kind::Null;
        };
        const auto x = find_if(any), y = find_if(any);
        if (!x || !y) return;
        const Register to = fresh();
        emit(Opcode::RefEq, to, *x, *y);
        return set(to, kInt);
    }
    }
}

// Of an object or an exchange struct.
void Writer::field(bool store) {
    const auto r = find_if([&](Register r) {
        const Type& t = type(r);
        return (t.kind == Kind::Ref && !module_.classes[t.index].is_interface) ||
               (t.kind == Kind::Own && !t.nullable);
    });
    if (!r) return;
    sure(*r);
    const bool block = type(*r).kind == Kind::Own;
    const auto& fields =
        block ? module_.structs[type(*r).index].fields : module_.classes[type(*r).index].fields;
    if (fields.empty()) return;
    const std::uint32_t number = choices_.below(fields.size());
    const Type slot = world_.type(fields[number].type);
    if (is_linear(slot.kind)) return;
    if (store) {
        const auto value = need(slot.kind == Kind::U8 || slot.kind == Kind::U16 ? kInt : slot);
        if (!value) return;
        emit(Opcode::StFld, *r, *value, 0, number);
    } else {
        const Register to = fresh();
        emit(Opcode::LdFld, to, *r, 0, number);
        set(to, in_register(slot));
    }
    type(*r).nullable = false;
}

void Writer::arrays() {
    if (choices_.chance(60)) {
        const Register to = fresh();
        make(to, world_.type(choices_.of(world_.arrays)));
        return;
    }
    const auto r = find_if([&](Register r) {
        const Kind kind = type(r).kind;
        return kind == Kind::Str || kind == Kind::Array || kind == Kind::Vec;
    });
    if (!r) return;
    sure(*r);
    const Register to = fresh();
    emit(Opcode::Len, to, *r);
    if (!locked_[*r]) type(*r).nullable = false;
    set(to, kInt);
    print(to);
}

// Nearly always inside the bounds.
Writer::MaybeRegister Writer::index_into(Register array) {
    const Register any = integer(), index = fresh();
    if (index >= general_ || index == array) return {};
    const bool inside = type(array).kind != Kind::Str && choices_.chance(97);
    emit(Opcode::AluI, index, any, byte_of(AluOp::And),
         inside ? World::kLeastLength / 2 - 1 : World::kLeastLength * 4 - 1);
    set(index, kInt);
    return index;
}

void Writer::elements() {
    const auto array = find_if([&](Register r) {
        const Kind kind = type(r).kind;
        return (kind == Kind::Str && choices_.chance(10)) || kind == Kind::Array ||
               kind == Kind::Vec;
    });
    if (!array) return;
    sure(*array);
    const Type t = type(*array);
    const auto index = index_into(*array);
    if (!index) return;
    const Type element = t.kind == Kind::Str ? kBuiltinTypes[kU8] : world_.type(t.index);
    const bool wide = element.kind == Kind::U8 && choices_.chance(40);
    const std::uint32_t width = choices_.chance(50) ? 4 : 2;
    if (t.kind == Kind::Str || choices_.chance(50)) {
        const Register to = fresh();
        emit(wide ? Opcode::LdBytes : Opcode::LdElem, to, *array, *index, wide ? width : 0);
        set(to, in_register(element));
        if (type(to).kind == Kind::I32) print(to);
    } else {
        const auto value = need(in_register(element));
        if (!value) return;
        emit(wide ? Opcode::StBytes : Opcode::StElem, *array, *index, *value, wide ? width : 0);
    }
    if (!locked_[*array]) type(*array).nullable = false;
}

void Writer::copy_bytes() {
    const Type bytes = kBuiltinTypes[kBytes];
    const auto to = need(bytes), from = need(choices_.chance(70) ? bytes : kBuiltinTypes[kStr]);
    if (!to || !from || *from == *to) return;
    move(window(0), *to);
    move(window(2), *from);
    for (const std::size_t n : {1, 3, 4}) {
        emit(Opcode::LdI, window(n), 0, 0,
             choices_.below(type(*from).kind == Kind::Str ? 3 : World::kLeastLength / 2 + 1));
        set(window(n), kInt);
    }
    emit(Opcode::Copy, 0, window(0));
}

} // namespace singlet::fuzz
