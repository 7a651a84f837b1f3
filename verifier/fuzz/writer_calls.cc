// Calls. Arguments move to a window of registers, and what was only lent moves back.
#include "verifier/fuzz/writer.hh"

#include <string_view>

#include "verifier/meet.hh"

namespace singlet::fuzz {

// The arguments from the first on, gathered before any of them moves. The first integer is the fuel, half of what there is.
bool Writer::arguments(const std::vector<TypeIndex>& params, std::size_t first) {
    taken_from_.assign(params.size(), 0);
    for (std::size_t n = first; n < params.size(); ++n) {
        const Type slot = world_.type(params[n]);
        const auto r =
            n == first ? MaybeRegister(fuel_) : need(slot, !slot.lent || is_pinned(slot));
        if (!r || (is_linear(slot.kind) && *r >= general_)) return false;
        taken_from_[n] = *r;
    }
    for (std::size_t n = first; n < params.size(); ++n) {
        if (n == first)
            emit(Opcode::AluI, window(n), fuel_, static_cast<std::uint8_t>(AluOp::Sub), 1);
        else
            move(window(n), taken_from_[n]);
    }
    return true;
}

void Writer::after_call(const std::vector<TypeIndex>& params, const Type& result, Opcode op,
                        std::uint32_t imm) {
    const bool none = result.kind == Kind::Void;
    for (std::size_t n = 0; n < params.size(); ++n) {
        Type& t = type(window(n));
        if (!world_.type(params[n]).lent && is_owned(t)) t = {};
    }
    const Register to = none ? 0 : fresh();
    emit(op, to, window(0), 0, imm);
    if (!none) set(to, result);
    for (std::size_t n = 0; n < params.size(); ++n)
        if (is_pinned(type(window(n)))) move(taken_from_[n], window(n));
    if (result.kind == Kind::I32) print(to);
}

void Writer::call(std::uint32_t callee) {
    const auto params = module_.functions[callee].params;
    if (callee == 0 || params[0] != kI32) return; // main, or a method
    if (!arguments(params, 0)) return;
    after_call(params, world_.type(module_.functions[callee].result), Opcode::Call, callee);
}

// A thread of a function that takes nothing owned or borrowed.
void Writer::start(std::uint32_t callee) {
    const auto params = module_.functions[callee].params;
    if (callee == 0 || params[0] != kI32) return; // main, or a method
    if (module_.functions[callee].result != kVoid) return;
    for (TypeIndex p : params)
        if (is_linear(world_.type(p).kind)) return;
    if (!arguments(params, 0)) return;
    const Register to = fresh();
    emit(Opcode::Start, to, window(0), 0, callee);
    set(to, {.kind = Kind::I32});
    print(to);
}

void Writer::call_interface() {
    if (module_.methods.empty()) return;
    const std::uint32_t number = choices_.below(module_.methods.size());
    const Method method = module_.methods[number];
    Type receiver = world_.type(method.params[0]);
    if (!makeable(receiver)) return;
    const auto object = need(receiver);
    if (!object || !arguments(method.params, 1)) return;
    move(window(0), *object);
    after_call(method.params, world_.type(method.result), Opcode::CallI, number);
}

void Writer::print(Register r) {
    move(window(0), r);
    emit(Opcode::CallK, 0, window(0), 0, 3);
}

void Writer::call_kernel() {
    const std::uint32_t number = choices_.below(module_.imports.size());
    const std::string_view name = module_.imports[number].name;
    if (name == "exit" && !choices_.chance(4)) return;
    auto argument = [&](std::size_t n, std::optional<Register> r) {
        if (r) move(window(n), *r);
        return r.has_value();
    };
    auto small = [&](std::size_t n) {
        emit(Opcode::LdI, window(n), 0, 0, choices_.below(World::kLeastLength / 2 + 1));
        set(window(n), {.kind = Kind::I32});
    };
    MaybeRegister lent;
    if (name == "print" && !argument(0, need(kBuiltinTypes[kStr]))) return;
    if (name == "print_bytes" && !argument(0, need(kBuiltinTypes[kBytes]))) return;
    if (name == "print_vec") {
        lent = find(kBuiltinTypes[kLentVecU8], true);
        if (!lent || !argument(0, lent)) return;
    }
    if (name == "print_bytes" || name == "print_vec") small(1), small(2);
    if (name == "print_int" || name == "exit" || name == "argument") argument(0, integer());
    const Register to = name == "argument" ? fresh() : 0;
    emit(Opcode::CallK, to, window(0), 0, number);
    if (name == "argument") set(to, {.kind = Kind::I32});
    if (lent && is_pinned(type(window(0)))) move(*lent, window(0));
}

} // namespace singlet::fuzz
