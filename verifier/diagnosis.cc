#include "verifier/diagnosis.hh"

#include <algorithm>
#include <iterator>

#include "verifier/asm_names.hh"
#include "verifier/dis.hh"
#include "verifier/module.hh"

namespace singlet::verifier {
namespace {

std::string prefix(const std::string& source, std::uint32_t line) {
    if (source.empty()) return line ? "line " + std::to_string(line) + ": " : "";
    return source + (line ? ":" + std::to_string(line) : "") + ": ";
}

} // namespace

std::string Diagnosis::to_string() const {
    std::string text = prefix(source, line);
    if (!function.empty()) {
        text += "in " + function;
        if (block != kNowhere) text += ", block " + std::to_string(block);
        if (pc != kNowhere) text += ", instruction " + std::to_string(pc);
        if (!instruction.empty()) text += " (" + instruction + ")";
        text += ": ";
    }
    text += sentence + " [" + std::string(info(rule).id) + "]";
    for (const Place& place : places)
        text += "\n  " + prefix(source, place.line) + "instruction " + std::to_string(place.pc) +
                " is " + place.instruction;
    if (!frame.empty()) text += "\n  before instruction " + std::to_string(pc) + ":\n" + frame;
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
}

std::string short_text(const Module& module, const Function& function, const Instruction& i) {
    constexpr std::size_t kLiteral = 40;
    if (i.op != Opcode::LdStr || i.imm >= module.strings.size() ||
        module.strings[i.imm].size() <= kLiteral)
        return instruction_text(module, function, i);
    const std::string_view literal = module.strings[i.imm];
    return "ldstr r" + std::to_string(i.a) + ", " + quoted(literal.substr(0, kLiteral)) + "...";
}

std::uint32_t line_of(const Function& function, std::uint32_t pc) {
    const auto after = std::ranges::upper_bound(function.lines, pc, {}, &Line::pc);
    return after == function.lines.begin() ? 0 : std::prev(after)->line;
}

Diagnosis diagnose(const Module& module, std::size_t function, std::uint32_t pc, Rule rule,
                   std::string sentence) {
    Diagnosis d{.rule = rule, .function = {}, .sentence = std::move(sentence), .frame = {}};
    if (function >= module.functions.size()) {
        d.source = module.source_name();
        return d;
    }
    const Function& f = module.functions[function];
    d.source = module.source_name(f.source);
    d.function = f.name;
    d.pc = pc;
    auto after = std::ranges::upper_bound(f.blocks, pc);
    if (after != f.blocks.begin())
        d.block = static_cast<std::uint32_t>(after - f.blocks.begin() - 1);
    d.line = line_of(f, pc);
    if (pc < f.code.size()) d.instruction = short_text(module, f, f.code[pc]);
    return d;
}

Checked<void> about(const Module& module, std::size_t function, Checked<void> result) {
    if (result) return result;
    const Function& f = module.functions[function];
    result.error().source = module.source_name(f.source);
    result.error().function = f.name;
    result.error().line = f.lines.empty() ? 0 : f.lines.front().line;
    return result;
}

} // namespace singlet::verifier
