// The rules of the exchange heap: one owner a block, always.
#include "lib/core/assert.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {

bool Transfer::exchange(const Instruction& i) {
    Type type;
    switch (i.op) {
    case Opcode::XNew:
        return set(i.a, {.kind = Kind::Own, .index = static_cast<std::uint16_t>(i.imm)});
    case Opcode::XVec:
        return element_type(i.imm, Kind::Vec, "an exchange vector", type) && i32(i.b) &&
               set(i.a, type);
    case Opcode::XSwap:
        return swap(i);
    case Opcode::Free:
        return release(i);
    default:
        break;
    }
    ASSERT(!"an opcode of this family");
}

// What was in the register goes into the field, and the other way round: neither is ever held twice. The block itself cannot
// be the value, or it would own itself.
bool Transfer::swap(const Instruction& i) {
    Type field;
    if (i.a == i.b)
        return refuse(Rule::Operand, "xswap needs two registers, but both are " +
                                         register_text(i.a) + ": a block must not own itself");
    if (registers_[i.b].kind != Kind::Own) return wrong_object(i.b, "an exchange struct");
    if (!field_of(i.b, i.imm, field)) return false;
    if (!is_linear(field.kind))
        return refuse(Rule::Operand, "xswap needs an owned field, but field " + number_text(i.imm) +
                                         " of the struct in " + register_text(i.b) + " is " +
                                         type_text(module_, field));
    if (!claim(i.a, field)) return false;
    write(i.a, field);
    return true;
}

bool Transfer::release(const Instruction& i) {
    const Type& type = registers_[i.a];
    if (type.kind == Kind::Null) return true;
    if (!is_linear(type.kind)) return wrong(i.a, "an owned value");
    if (type.lent)
        return refuse(Rule::LentKept, "free needs an owned value in " + register_text(i.a) +
                                          ", but " + found(i.a) +
                                          ", and what is borrowed cannot be freed");
    take(i.a);
    return true;
}

} // namespace singlet::verifier
