// Where in its program a SIP was, in words.
#include "kern/cpu/backtrace.hh"
#include "kern/dev/console.hh"
#include "kern/proc/sip.hh"
#include <algorithm>

namespace singlet::kern {

namespace {

std::uint32_t line_at(const Image& image, std::uint32_t offset) {
    const auto& lines = image.native.lines;
    auto above = std::ranges::upper_bound(lines, offset, {}, &verifier::NativeLine::offset);
    return above == lines.begin() ? 0 : above[-1].line;
}

} // namespace

void print_place(const Image& image, Word address, Place place) {
    if (place == Place::ReturnAddress && address) address--;
    if (!image.in_code(address)) {
        Symbol symbol = find_symbol(address);
        if (symbol.name.empty()) return print("0x{:08x}", address);
        return print("{}+0x{:x}", symbol.name, symbol.offset);
    }
    const verifier::Module& module = image.program->module();
    std::uint32_t offset = address - image.code.start().raw();
    auto found = std::ranges::find_if(
        image.native.functions, [&](const auto& f) { return offset >= f.begin && offset < f.end; });
    if (found == image.native.functions.end()) return print("start+0x{:x}", offset);
    auto index = static_cast<std::size_t>(found - image.native.functions.begin());
    const verifier::Function& function = module.functions[index];
    print("{}+0x{:x}", function.name, offset - found->begin);
    if (std::uint32_t line = line_at(image, offset))
        print(" ({}:{})", module.source_name(function.source), line);
}

std::string_view name_of(rt::TrapReason reason) {
    constexpr std::string_view kNames[] = {
        "None",        "NullReference",  "OutOfBounds", "DivideByZero", "StackOverflow",
        "OutOfMemory", "BadCast",        "BadCell",     "BadLength",    "OutOfRange",
        "Explicit",    "ProcessorFault", "Killed"};
    auto index = static_cast<std::size_t>(reason);
    return index < std::size(kNames) ? kNames[index] : "for an unknown reason";
}

} // namespace singlet::kern
