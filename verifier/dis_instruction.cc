// One instruction as text, by the roles that isa.def gives its fields.
#include "verifier/asm_names.hh"
#include "verifier/dis.hh"

namespace singlet::verifier {

namespace {

template <class Table>
std::string name_in(const Module& m, const Table& table, std::uint32_t index,
                    Number (*find)(const Module&, std::string_view)) {
    if (index < table.size() && find(m, table[index].name) == index) return table[index].name;
    return hash(index);
}

std::string method_name(const Module& m, std::uint32_t index) {
    if (index >= m.methods.size() || m.methods[index].interface >= m.classes.size())
        return hash(index);
    const Method& method = m.methods[index];
    std::string name = m.classes[method.interface].name + "." + method.name;
    return find_method(m, name) == index ? name : hash(index);
}

std::string block_name(std::uint32_t block) { return "b" + std::to_string(block); }

std::string immediate_text(const Module& m, const Instruction& i, Immediate role) {
    switch (role) {
    case Immediate::_:
    case Immediate::Alu:
    case Immediate::Cond:
        return ""; // in the mnemonic, or nothing
    case Immediate::Int:
        return std::to_string(static_cast<std::int32_t>(i.imm));
    case Immediate::Width:
    case Immediate::Trap:
        return std::to_string(i.imm);
    case Immediate::Block:
        return block_name(i.imm);
    case Immediate::Targets:
        return block_name(i.true_block()) + ", " + block_name(i.false_block());
    case Immediate::Str:
        if (i.imm < m.strings.size() && find_string(m, m.strings[i.imm]) == i.imm)
            return quoted(m.strings[i.imm]);
        return hash(i.imm);
    case Immediate::Type:
        return i.imm < m.types.size() ? type_name(m, static_cast<TypeIndex>(i.imm)) : hash(i.imm);
    case Immediate::Class:
        return name_in(m, m.classes, i.imm, find_class);
    case Immediate::Struct:
        return name_in(m, m.structs, i.imm, find_struct);
    case Immediate::Func:
        return name_in(m, m.functions, i.imm, find_function);
    case Immediate::Import:
        return name_in(m, m.imports, i.imm, find_import);
    case Immediate::Contract:
        return name_in(m, m.contracts, i.imm, find_contract);
    case Immediate::Method:
        return method_name(m, i.imm);
    case Immediate::Field: // of a class or contract that only the verifier knows
    case Immediate::Msg:
    case Immediate::Select:
    case Immediate::Switch:
        return hash(i.imm);
    }
    return hash(i.imm);
}

std::string operand_text(const Module& m, const Instruction& i, Role role, std::uint8_t value) {
    switch (role) {
    case Role::_:
    case Role::Sub:
        return "";
    case Role::N:
        return i.op == Opcode::BrIs ? name_in(m, m.classes, value, find_class)
                                    : std::to_string(value);
    default:
        return "r" + std::to_string(value);
    }
}

} // namespace

std::string instruction_text(const Module& m, const Function&, const Instruction& i) {
    std::string text = mnemonic_of(i);
    if (i.op >= Opcode::kCount) return text;
    const OpcodeInfo& op = info(i.op);
    bool first = true;
    for (const std::string& operand :
         {operand_text(m, i, op.a, i.a), operand_text(m, i, op.b, i.b),
          operand_text(m, i, op.c, i.c), immediate_text(m, i, op.imm)}) {
        if (operand.empty()) continue;
        text += (first ? " " : ", ") + operand;
        first = false;
    }
    return text;
}

} // namespace singlet::verifier
