#include "verifier/asm_names.hh"

#include "verifier/limits.hh"
#include "verifier/text.hh"

namespace singlet::verifier {

namespace {

bool is_alu(const OpcodeInfo& op) { return op.imm == Immediate::Alu || op.text == "alui"; }
bool is_cmp(const OpcodeInfo& op) { return op.imm == Immediate::Cond || op.text == "cmpi"; }

// "alu", "alui" and "alul" lend their last letter to add, addl...; the i is left out, as its operand shows it.
std::string spelled(const OpcodeInfo& op, std::uint32_t sub) {
    if (!is_alu(op) && !is_cmp(op)) return std::string(op.text);
    std::string width(op.c == Role::Sub ? "" : op.text.substr(3));
    if (is_alu(op))
        return sub < std::size(kAluText) ? std::string(kAluText[sub]) + width
                                         : std::string(op.text);
    if (sub < std::size(kConditionText))
        return "cmp" + width + "." + std::string(kConditionText[sub]);
    return std::string(op.text);
}

template <class Table>
Number find_name(const Table& table, std::string_view name) {
    for (std::size_t i = 0; i < table.size(); i++)
        if (table[i].name == name && !name.empty()) return static_cast<std::uint32_t>(i);
    return {};
}

// `name` is "owner.member" of one of the owners' members.
template <class Owners, class Members>
Number find_member(const Owners& owners, std::string_view name, Members members) {
    for (const auto& owner : owners)
        if (name.size() > owner.name.size() && name.starts_with(owner.name) &&
            name[owner.name.size()] == '.')
            if (Number n = find_name(members(owner), name.substr(owner.name.size() + 1))) return n;
    return {};
}

// Whether the text of type `t` means `t`: names lead back to it, element types are the first of their kind, and stand
// before `end` in the table.
bool has_text(const Module& m, const Type& t, std::size_t end, std::uint32_t depth) {
    auto means = [&](const auto& table, Number (*find)(const Module&, std::string_view)) {
        return t.index < table.size() && find(m, table[t.index].name) == t.index;
    };
    if (depth == 0) return false;
    switch (t.kind) {
    case Kind::Ref:
        return means(m.classes, find_class);
    case Kind::Own:
        return means(m.structs, find_struct);
    case Kind::Endpoint: {
        if (!means(m.contracts, find_contract)) return false;
        const Contract& c = m.contracts[t.index];
        if (t.state == kClosedState) return !find_state(c, "closed");
        return t.state < c.states.size() &&
               (c.states[t.state].name.empty() || find_state(c, c.states[t.state].name) == t.state);
    }
    case Kind::Array:
    case Kind::Cell:
    case Kind::Vec:
    case Kind::Set:
        return t.index < end && t.index < m.types.size() &&
               find_type(m, m.types[t.index]) == t.index &&
               has_text(m, m.types[t.index], t.index, depth - 1);
    default:
        return true;
    }
}

} // namespace

std::map<std::string, Mnemonic, std::less<>> mnemonics() {
    std::map<std::string, Mnemonic, std::less<>> all;
    for (std::size_t n = 0; n < std::size(kOpcodes); n++) {
        const OpcodeInfo& op = kOpcodes[n];
        std::uint32_t subs = is_alu(op)   ? std::size(kAluText)
                             : is_cmp(op) ? std::size(kConditionText)
                                          : 1;
        for (std::uint32_t sub = 0; sub < subs; sub++) {
            const Mnemonic first{static_cast<Opcode>(n), static_cast<std::uint8_t>(sub), {}};
            auto [known, is_new] = all.try_emplace(spelled(op, sub), first);
            if (!is_new) known->second.with_number = static_cast<Opcode>(n);
        }
    }
    return all;
}

std::string mnemonic_of(const Instruction& i) {
    if (i.op >= Opcode::kCount) return "op" + std::to_string(static_cast<int>(i.op));
    const OpcodeInfo& op = info(i.op);
    return spelled(op, op.c == Role::Sub ? i.c : i.imm);
}

Number find_string(const Module& m, std::string_view text) {
    for (std::size_t i = 0; i < m.strings.size(); i++)
        if (m.strings[i] == text) return static_cast<std::uint32_t>(i);
    return {};
}
Number find_class(const Module& m, std::string_view name) { return find_name(m.classes, name); }
Number find_struct(const Module& m, std::string_view name) { return find_name(m.structs, name); }
Number find_contract(const Module& m, std::string_view name) {
    return find_name(m.contracts, name);
}
Number find_function(const Module& m, std::string_view name) {
    return find_name(m.functions, name);
}
Number find_import(const Module& m, std::string_view name) { return find_name(m.imports, name); }
Number find_method(const Module& m, std::string_view name) {
    for (std::size_t i = 0; i < m.methods.size(); i++) {
        const Method& method = m.methods[i];
        if (method.interface < m.classes.size() &&
            m.classes[method.interface].name + "." + method.name == name)
            return static_cast<std::uint32_t>(i);
    }
    return {};
}
Number find_field(const Module& m, std::string_view name) {
    auto fields = [](const auto& c) -> const auto& { return c.fields; };
    if (Number n = find_member(m.classes, name, fields)) return n;
    return find_member(m.structs, name, fields);
}
Number find_message(const Module& m, std::string_view name) {
    return find_member(m.contracts, name,
                       [](const Contract& c) -> const auto& { return c.messages; });
}
Number find_message_of(const Contract& c, std::string_view name) {
    return find_name(c.messages, name);
}
Number find_state(const Contract& c, std::string_view name) { return find_name(c.states, name); }
Number find_type(const Module& m, const Type& type) {
    for (std::size_t i = 0; i < m.types.size(); i++)
        if (m.types[i] == type) return static_cast<std::uint32_t>(i);
    return {};
}

std::string type_name(const Module& m, TypeIndex index) {
    if (index >= m.types.size() || find_type(m, m.types[index]) != index ||
        !has_text(m, m.types[index], m.types.size(), limits::kTypeDepth))
        return hash(index);
    return type_text(m, index);
}

std::string type_entry(const Module& m, TypeIndex index) {
    const Type& t = m.types[index];
    if (has_text(m, t, index, limits::kTypeDepth)) return type_text(m, index);
    // By numbers; kClosedState and other states alike.
    std::string text = t.lent ? "lent " : "";
    switch (t.kind) {
    case Kind::Ref:
        text += "ref " + hash(t.index);
        break;
    case Kind::Own:
        text += "own " + hash(t.index);
        break;
    case Kind::Array:
        text += "array(" + hash(t.index) + ")";
        break;
    case Kind::Cell:
        text += "cell(" + hash(t.index) + ")";
        break;
    case Kind::Vec:
        text += "vec(" + hash(t.index) + ")";
        break;
    case Kind::Set:
        text += "set(" + hash(t.index) + ")";
        break;
    default:
        text += "endpoint " + hash(t.index) + (t.side == Side::Importer ? " Imp:" : " Exp:") +
                hash(t.state);
    }
    return text + (t.nullable ? "?" : "");
}

std::string state_name(const Contract& c, std::uint16_t state) {
    const std::string& name = c.states[state].name;
    return !name.empty() && find_state(c, name) == state ? name : hash(state);
}

std::string hash(std::uint32_t number) { return "#" + std::to_string(number); }

std::string quoted(std::string_view text) {
    constexpr char kHex[] = "0123456789abcdef";
    std::string out = "\"";
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (byte < 0x20 || byte > 0x7e)
            out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
        else
            out += c;
    }
    return out + "\"";
}

} // namespace singlet::verifier
