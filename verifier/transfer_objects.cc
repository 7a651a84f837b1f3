// The rules of collected memory: objects, arrays and strings.
#include "lib/core/assert.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {
namespace {

constexpr Type kInt{.kind = Kind::I32};

constexpr Type as_register(Type type) {
    if (type.kind == Kind::U8 || type.kind == Kind::U16) type.kind = Kind::I32;
    return type;
}

constexpr Type object_of(std::uint32_t cls, bool nullable = false) {
    return {.kind = Kind::Ref, .nullable = nullable, .index = static_cast<std::uint16_t>(cls)};
}

} // namespace

bool Transfer::objects(const Instruction& i) {
    Type field;
    // <since lab5>
    auto plain = [&](std::size_t r) {
        return !is_linear(field.kind) ||
               refuse(Rule::Operand, name() + " needs a field that is not owned, but field " +
                                         number_text(i.imm) + " of the struct in " +
                                         register_text(r) + " is " + type_text(module_, field) +
                                         ", which only xswap reaches");
    };
    // </since>
    switch (i.op) {
    case Opcode::New:
        if (module_.classes[i.imm].is_interface)
            return refuse(Rule::Operand, "new needs a class, but " + module_.classes[i.imm].name +
                                             " is an interface");
        return set(i.a, object_of(i.imm));
    case Opcode::LdFld:
        if (!field_of(i.b, i.imm, field)) return false;
        // <since lab5>
        if (!plain(i.b)) return false;
        // </since>
        return set(i.a, as_register(field));
    case Opcode::StFld:
        if (!field_of(i.a, i.imm, field)) return false;
        // <since lab5>
        if (!plain(i.a)) return false;
        // </since>
        return assignable(i.b, field);
    case Opcode::IsNull:
        return reference(i.b) && set(i.a, kInt);
    case Opcode::IsInst:
        return object(i.b) && set(i.a, kInt);
    case Opcode::Cast: {
        if (!object(i.b)) return false;
        const Type from = registers_[i.b];
        return set(i.a, object_of(i.imm, from.nullable || from.kind == Kind::Null));
    }
    case Opcode::RefEq:
        return collected(i.b) && collected(i.c) && set(i.a, kInt);
    default:
        break;
    }
    ASSERT(!"an opcode of this family");
}

bool Transfer::arrays(const Instruction& i) {
    // <lab3:transfer i>
    Type element;
    switch (i.op) {
    case Opcode::NewArr:
        return element_type(i.imm, Kind::Array, "an array", element) && i32(i.b) &&
               set(i.a, element);
    case Opcode::Len:
        return elements(i.b, element) && set(i.a, kInt);
    case Opcode::LdElem:
        return elements(i.b, element) && i32(i.c) && set(i.a, as_register(element));
    case Opcode::StElem:
        return writable_elements(i.a, element) && i32(i.b) && assignable(i.c, element);
    case Opcode::LdBytes:
        return bytes(i.b) && i32(i.c) && set(i.a, kInt);
    case Opcode::StBytes:
        return writable_bytes(i.a) && i32(i.b) && i32(i.c);
    case Opcode::Copy:
        return writable_bytes(i.b) && i32(i.b + 1) && bytes(i.b + 2) && i32(i.b + 3) &&
               i32(i.b + 4);
    default:
        break;
    }
    // </lab3:transfer>
    ASSERT(!"an opcode of this family");
}

} // namespace singlet::verifier
