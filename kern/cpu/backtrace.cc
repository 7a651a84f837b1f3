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

bool readable(std::uint32_t address) {
    return address % 4 == 0 && address >= kKernelBase && address < readable_end();
}

constinit ForeignCode foreign_code{};

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

void know_foreign_code(const ForeignCode& code) { foreign_code = code; }

CallSite caller_of_frame(std::uint32_t ebp) {
    if (!readable(ebp)) return {};
    auto* frame = reinterpret_cast<const StackFrame*>(ebp);
    return {.eip = frame->return_address,
            .esp = ebp + static_cast<std::uint32_t>(sizeof(StackFrame)),
            .ebp = address_of(frame->caller)};
}

void print_location(const CallSite& site) {
    if (foreign_code.print && foreign_code.print(site)) return;
    Symbol symbol = find_symbol(site.eip);
    if (symbol.name.empty())
        print("  at 0x{:08x}\n", site.eip);
    else
        print("  at 0x{:08x} {}+0x{:x}\n", site.eip, symbol.name, symbol.offset);
}

void print_backtrace(CallSite site) {
    for (int lines = 0; lines < 32 && site.eip; lines++) {
        print_location(site);
        if (!foreign_code.step || !foreign_code.step(site)) site = caller_of_frame(site.ebp);
    }
}

} // namespace singlet::kern
