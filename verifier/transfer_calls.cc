// The rules of calls and ports. A callee's parameter is a slot that the argument must fit; an owned argument moves into an
// owned slot and stays where it is for a borrowed one.
#include "lib/core/assert.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {

bool Transfer::argument(std::size_t r, Type param) {
    if (!assignable(r, param)) return false;
    if (!param.lent) take(r);
    return true;
}

bool Transfer::result(std::uint8_t r, Type type) {
    if (type.kind != Kind::Void) return set(r, type);
    if (r == 0) return true;
    return refuse(Rule::Encoding, name() +
                                      " has no result, so its first operand must be r0, but is " +
                                      register_text(r));
}

bool Transfer::calls(const Instruction& i) {
    switch (i.op) {
    case Opcode::Call: {
        const Function& callee = module_.functions[i.imm];
        for (std::size_t n = 0; n < callee.params.size(); ++n)
            if (!argument(i.b + n, module_.types[callee.params[n]])) return false;
        return result(i.a, module_.types[callee.result]);
    }
    case Opcode::CallI:
        return interface_call(i);
    case Opcode::CallK: {
        const KernelCall& call = program_.kernel_call(i.imm);
        if (!in_registers(i.b, call.params.size())) return false;
        for (std::size_t n = 0; n < call.params.size(); ++n)
            if (!argument(i.b + n, kBuiltinTypes[call.params[n]])) return false;
        return result(i.a, kBuiltinTypes[call.result]);
    }
    default:
        break;
    }
    ASSERT(!"an opcode of this family");
}

// The receiver may be nullable: the call checks it, as a field access does.
bool Transfer::interface_call(const Instruction& i) {
    const Method& method = module_.methods[i.imm];
    Type receiver = module_.types[method.params[0]];
    receiver.nullable = true;
    if (registers_[i.b].kind == Kind::Null) return wrong_object(i.b, type_text(module_, receiver));
    if (!assignable(i.b, receiver)) return false;
    not_null(i.b);
    for (std::size_t n = 1; n < method.params.size(); ++n)
        if (!argument(i.b + n, module_.types[method.params[n]])) return false;
    return result(i.a, module_.types[method.result]);
}

// <since lab6>
// A thread outlives the frame that started it, and no argument comes back: what is owned would have two to answer for it, or
// none, and what is borrowed nobody who still has it.
bool Transfer::start(const Instruction& i) {
    const Function& callee = module_.functions[i.imm];
    const Type result = module_.types[callee.result];
    if (result.kind != Kind::Void)
        return refuse(Rule::Thread, name() + " needs a function that returns nothing, but " +
                                        callee.name + " returns " + type_text(module_, result));
    for (std::size_t n = 0; n < callee.params.size(); ++n) {
        const Type param = module_.types[callee.params[n]];
        if (is_linear(param.kind))
            return refuse(
                Rule::Thread,
                name() + " needs parameters that are neither owned nor borrowed, but parameter " +
                    number_text(n) + " of " + callee.name + " is " + type_text(module_, param));
        if (!assignable(i.b + n, param)) return false;
    }
    return set(i.a, {.kind = Kind::I32});
}

bool Transfer::ports(const Instruction& i) {
    if (i.op == Opcode::In)
        return of_kind(i.b, Kind::Port, "a port range") && i32(i.c) &&
               set(i.a, {.kind = Kind::I32});
    return of_kind(i.a, Kind::Port, "a port range") && i32(i.b) && i32(i.c);
}
// </since>

} // namespace singlet::verifier
