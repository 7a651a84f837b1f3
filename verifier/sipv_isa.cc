// The instruction set as tables in Markdown, for handouts/bytecode.md.
#include <fmt/format.h>

#include "verifier/isa.hh"
#include "verifier/sipv_files.hh"

namespace singlet::verifier {

namespace {

constexpr std::string_view kRoleText[] = {"", "D", "U", "M", "X", "A", "op", "n"};
constexpr std::string_view kImmediateText[] = {
    "",         "int",     "alu",    "cond",   "block",    "true, false", "string",
    "type",     "class",   "struct", "field",  "function", "kernel call", "method",
    "contract", "message", "select", "switch", "width",    "number"};
static_assert(std::size(kRoleText) == static_cast<std::size_t>(Role::N) + 1);
static_assert(std::size(kImmediateText) == static_cast<std::size_t>(Immediate::Trap) + 1);

std::string cell(std::string_view s) { // '|' would end the cell
    std::string out;
    for (char c : s)
        out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
}

} // namespace

std::string isa_table() {
    auto role = [](Role r) { return kRoleText[static_cast<std::size_t>(r)]; };
    std::string text = "| code | text | a | b | c | imm | what it does |\n"
                       "|---|---|---|---|---|---|---|\n";
    for (std::size_t n = 0; n < std::size(kOpcodes); n++) {
        const OpcodeInfo& op = kOpcodes[n];
        text += fmt::format("| {} | `{}` | {} | {} | {} | {} | {}{} |\n", n, op.text, role(op.a),
                            role(op.b), role(op.c),
                            kImmediateText[static_cast<std::size_t>(op.imm)], cell(op.doc),
                            is_terminator(static_cast<Opcode>(n)) ? " **(ends a block)**" : "");
    }
    text += "\n| alu | code | what it is |\n|---|---|---|\n";
    std::size_t n = 0;
#define ALU(name, t, doc) text += fmt::format("| `{}` | {} | {} |\n", t, n++, doc);
#include "verifier/isa.def"
    text += "\n| cond | code | what it is |\n|---|---|---|\n";
    n = 0;
#define COND(name, t, doc) text += fmt::format("| `{}` | {} | {} |\n", t, n++, doc);
#include "verifier/isa.def"
    return text;
}

} // namespace singlet::verifier
