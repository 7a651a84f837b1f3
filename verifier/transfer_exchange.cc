// The rules of the exchange heap and of cells, its bridge to collected memory: one owner a block, always.
#include "lib/core/assert.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {
namespace {

constexpr Type kInt{.kind = Kind::I32};

} // namespace

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
    // <lab5:swap field else return field_of(i.b, i.imm, field) && (write(i.a, field), true);>
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
    // </lab5:swap>
}

// The register of a freed value holds nothing. Null may be freed; what is lent may not.
bool Transfer::release(const Instruction& i) {
    // <lab5:gone i else return true;>
    const Type& type = registers_[i.a];
    if (type.kind == Kind::Null) return true;
    if (!is_linear(type.kind)) return wrong(i.a, "an owned value");
    if (type.lent)
        return refuse(Rule::LentKept, "free needs an owned value in " + register_text(i.a) +
                                          ", but " + found(i.a) +
                                          ", and what is borrowed cannot be freed");
    take(i.a);
    return true;
    // </lab5:gone>
}

// A cell is full or empty at run time; what is in it has the cell type's inner type, owned and not null.
bool Transfer::cells(const Instruction& i) {
    Type type;
    auto cell = [&](std::size_t r) {
        if (!of_kind(r, Kind::Cell, "a cell")) return false;
        not_null(r);
        type = module_.types[registers_[r].index];
        return true;
    };
    switch (i.op) {
    case Opcode::CellNew:
        return element_type(i.imm, Kind::Cell, "a cell", type) && set(i.a, type);
    case Opcode::CellTake:
        return cell(i.b) && set(i.a, type);
    case Opcode::CellPut:
        return cell(i.a) && claim(i.b, type);
    case Opcode::CellFull:
        return cell(i.b) && set(i.a, kInt);
    default:
        break;
    }
    ASSERT(!"an opcode of this family");
}

// At a return each owned value has been given away or freed.
bool Transfer::nothing_left() {
    // <lab5:lost else return true;>
    for (std::size_t r = 0; r < registers_.size(); ++r)
        if (is_owned(registers_[r]))
            return refuse(Rule::OwnedLost, name() + " must not leave an owned value behind, but " +
                                               found(r) + ": give it away or free it first");
    return true;
    // </lab5:lost>
}

// The register holds what must not be forgotten (free_to_write), and something is to be written there: says no, and why.
bool Transfer::refuse_overwrite(std::size_t r) {
    // <lab5:lost r else return true;>
    const Type& old = registers_[r];
    if (old.lent)
        return refuse(Rule::LentState,
                      name() + " must not overwrite " + found(r, ", which ") +
                          ": what is borrowed has to be there when the function returns");
    return refuse(Rule::OwnedLost, name() + " must not overwrite " + found(r, ", which ") +
                                       " and owned: give it away or free it first");
    // </lab5:lost>
}

// A value that fits the slot goes there. If it is owned, the register has it no more.
bool Transfer::claim(std::size_t r, Type slot) {
    // <lab5:gone r, slot else return assignable(r, slot);>
    if (!assignable(r, slot)) return false;
    take(r);
    return true;
    // </lab5:gone>
}

} // namespace singlet::verifier
