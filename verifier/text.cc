#include "verifier/text.hh"

#include "verifier/limits.hh"

namespace singlet::verifier {
namespace {

// `table[index].name`, or "#index" where the table has no such entry or it has no name.
template <typename Table>
std::string name_of(const Table& table, std::uint16_t index) {
    if (index < table.size() && !table[index].name.empty()) return table[index].name;
    return "#" + number_text(index);
}

std::string inner_text(const Module& module, TypeIndex type, std::uint32_t depth);

std::string bare_text(const Module& module, Type type, std::uint32_t depth) {
    switch (type.kind) {
    case Kind::Void:
        return "void";
    case Kind::U8:
        return "u8";
    case Kind::U16:
        return "u16";
    case Kind::I32:
        return "i32";
    case Kind::I64:
        return "i64";
    case Kind::Null:
        return "null";
    case Kind::Str:
        return "str";
    case Kind::Ref:
        return "ref " + name_of(module.classes, type.index);
    case Kind::Array:
        return "array(" + inner_text(module, type.index, depth) + ")";
    case Kind::Cell:
        return "cell(" + inner_text(module, type.index, depth) + ")";
    case Kind::Own:
        return "own " + name_of(module.structs, type.index);
    case Kind::Vec:
        return "vec(" + inner_text(module, type.index, depth) + ")";
    case Kind::Endpoint:
        return name_of(module.contracts, type.index) +
               (type.side == Side::Importer ? ".Imp:" : ".Exp:") +
               state_text(module, type.index, type.state);
    case Kind::Any:
        return "any";
    case Kind::Set:
        return "set(" + inner_text(module, type.index, depth) + ")";
    case Kind::Port:
        return "port";
    case Kind::Irq:
        return "irq";
    case Kind::Dma:
        return "dma";
    case Kind::Processes:
        return "processes";
    case Kind::Unset:
        return "unset";
    case Kind::Conflict:
        return "conflict";
    }
    return "kind #" + number_text(static_cast<std::uint8_t>(type.kind));
}

std::string decorated_text(const Module& module, Type type, std::uint32_t depth) {
    std::string text = bare_text(module, type, depth);
    if (is_linear(type.kind) && type.lent != 0) text = "lent " + text;
    if (type.nullable) text += "?";
    return text;
}

// A type table that has not been checked may be cyclic: the depth ends that.
std::string inner_text(const Module& module, TypeIndex type, std::uint32_t depth) {
    if (type >= module.types.size() || depth == 0) return "#" + number_text(type);
    return decorated_text(module, module.types[type], depth - 1);
}

} // namespace

std::string number_text(std::uint64_t n) {
    char digits[20];
    char* p = digits + sizeof digits;
    do {
        *--p = static_cast<char>('0' + n % 10);
    } while ((n /= 10) != 0);
    return std::string(p, digits + sizeof digits);
}

std::string type_text(const Module& module, Type type) {
    return decorated_text(module, type, limits::kTypeDepth);
}

std::string type_text(const Module& module, TypeIndex type) {
    return inner_text(module, type, limits::kTypeDepth);
}

std::string state_text(const Module& module, std::uint16_t contract, std::uint16_t state) {
    if (state == kClosedState) return "closed";
    if (contract >= module.contracts.size()) return "#" + number_text(state);
    return name_of(module.contracts[contract].states, state);
}

std::string_view opcode_text(Opcode op) {
    return op < Opcode::kCount ? info(op).text : std::string_view("?");
}

} // namespace singlet::verifier
