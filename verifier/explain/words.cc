#include <algorithm>

#include "verifier/explain/explain.hh"
#include "verifier/flow.hh"
#include "verifier/text.hh"

namespace singlet::verifier::explain {

std::string_view verdict(const Report& report, const FunctionRecord* record) {
    if (!record) return report.refusal ? "not looked at" : "accepted";
    return record->refused ? "refused" : "accepted";
}

std::string signature(const Module& module, const Function& function) {
    std::string text = function.name + "(";
    for (std::size_t p = 0; p < function.params.size(); ++p)
        text += (p ? ", " : "") + type_text(module, function.params[p]);
    text += ")";
    if (function.result != kVoid) text += " -> " + type_text(module, function.result);
    return text;
}

std::string_view ownership(const Type& type) {
    if (!is_linear(type.kind)) return "";
    return type.lent ? "lent" : "owned";
}

std::string meaning(const Module& module, const Instruction& i, std::span<const Type> registers) {
    const Immediate role = i.op < Opcode::kCount ? info(i.op).imm : Immediate::_;
    if (role == Immediate::Msg) {
        const Type& endpoint = registers[i.b];
        if (endpoint.kind != Kind::Endpoint) return "";
        const Contract& contract = module.contracts[endpoint.index];
        if (i.imm >= contract.messages.size()) return "";
        return contract.name + "." + contract.messages[i.imm].name;
    }
    if (role != Immediate::Field) return "";
    const Type& object = registers[i.op == Opcode::StFld ? i.a : i.b];
    auto field = [&](const auto& owner) {
        return i.imm < owner.fields.size() ? owner.name + "." + owner.fields[i.imm].name : "";
    };
    if (object.kind == Kind::Ref) return field(module.classes[object.index]);
    if (object.kind == Kind::Own) return field(module.structs[object.index]);
    return "";
}

std::vector<std::vector<std::uint16_t>> predecessors(const Function& f) {
    std::vector<std::vector<std::uint16_t>> from(f.blocks.size());
    for (std::size_t block = 0; block < f.blocks.size(); ++block) {
        const std::uint32_t end = block_end(f, block);
        if (end == f.blocks[block] || !is_terminator(f.code[end - 1].op)) continue;
        const Instruction& last = f.code[end - 1];
        for (std::size_t s = 0; s < successor_count(f, last); ++s) {
            auto& list = from[successor(f, last, s)];
            const auto number = static_cast<std::uint16_t>(block);
            if (list.empty() || list.back() != number) list.push_back(number);
        }
    }
    return from;
}

} // namespace singlet::verifier::explain
