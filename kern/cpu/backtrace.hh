// Backtraces: the chain of saved EBPs, each return address named by the symbol table that the
// second link of the kernel embeds (kern/symbols.py).
#pragma once
#include <cstdint>
#include <string_view>

namespace singlet::kern {

struct Symbol {
    std::string_view name;    // empty when the address is not in kernel text
    std::uint32_t offset = 0; // bytes from the function's start
};

Symbol find_symbol(std::uint32_t address);

/// Prints one line `  at 0x00101234 function+0x12`.
void print_location(std::uint32_t address);
/// Prints the callers found from the frame at `ebp`, innermost first, 32 at most.
void print_backtrace(std::uint32_t ebp);

} // namespace singlet::kern
