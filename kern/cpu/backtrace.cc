#include "kern/cpu/backtrace.hh"

#include "kern/dev/console.hh"
#include "kern/mem/layout.hh"
#include <algorithm>
#include <span>

namespace singlet::kern {

namespace {

struct SymbolEntry {
    std::uint32_t address;
    std::uint32_t name; // offset from the first name
};

// Weak: the first of the kernel's two links has no table yet.
extern "C" const std::uint32_t __symbols[] __attribute__((weak));

// A frame as the compiler lays it out: [ebp] = caller's EBP, [ebp+4] = return address.
struct StackFrame {
    const StackFrame* caller;
    std::uint32_t return_address;
};

bool readable(const StackFrame* frame) {
    auto address = reinterpret_cast<std::uint32_t>(frame);
    return address % 4 == 0 && address >= kKernelBase && address < readable_end();
}

} // namespace

Symbol find_symbol(std::uint32_t address) {
    if (!__symbols || address < kKernelBase || address >= address_of(__rt_end)) return {};
    std::span table(reinterpret_cast<const SymbolEntry*>(__symbols + 1), __symbols[0]);
    const char* names = reinterpret_cast<const char*>(table.data() + table.size());
    auto above =
        std::upper_bound(table.begin(), table.end(), address,
                         [](std::uint32_t a, const SymbolEntry& e) { return a < e.address; });
    if (above == table.begin()) return {};
    const SymbolEntry& entry = above[-1];
    return {names + entry.name, address - entry.address};
}

void print_location(std::uint32_t address) {
    Symbol symbol = find_symbol(address);
    if (symbol.name.empty())
        print("  at 0x{:08x}\n", address);
    else
        print("  at 0x{:08x} {}+0x{:x}\n", address, symbol.name, symbol.offset);
}

void print_backtrace(std::uint32_t ebp) {
    auto* frame = reinterpret_cast<const StackFrame*>(ebp);
    for (int depth = 0; depth < 32 && readable(frame) && frame->return_address; depth++) {
        print_location(frame->return_address);
        frame = frame->caller;
    }
}

} // namespace singlet::kern
