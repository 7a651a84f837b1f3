#include "verifier/diagnosis.hh"

#include <algorithm>

#include "verifier/dis.hh"
#include "verifier/module.hh"

namespace singlet::verifier {

std::string Diagnosis::to_string() const {
    std::string text;
    if (!source.empty()) text = source + (line ? ":" + std::to_string(line) : "") + ": ";
    if (!function.empty()) {
        text += "in " + function;
        if (block != kNowhere) text += ", block " + std::to_string(block);
        if (pc != kNowhere) text += ", instruction " + std::to_string(pc);
        if (!instruction.empty()) text += " (" + instruction + ")";
        text += ": ";
    }
    text += sentence + " [" + std::string(info(rule).id) + "]";
    if (!frame.empty()) text += "\n" + frame;
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
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
    for (const Line& l : f.lines)
        if (l.pc <= pc) d.line = l.line;
    if (pc < f.code.size()) d.instruction = instruction_text(module, f, f.code[pc]);
    return d;
}

} // namespace singlet::verifier
