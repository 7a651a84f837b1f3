// Backtraces: the chain of saved EBPs, each return address named by the symbol table that the
// second link of the kernel embeds (kern/symbols.py). Code that keeps no such chain, and places where the
// processor changes stacks, are known to others, who say so (kern/proc/walk.cc).
#pragma once
#include <cstdint>
#include <string_view>

namespace singlet::kern {

struct Symbol {
    std::string_view name;    // empty when the address is not in kernel text
    std::uint32_t offset = 0; // bytes from the function's start
};

Symbol find_symbol(std::uint32_t address);

/// Where code was when it called, or was interrupted.
struct CallSite {
    std::uint32_t eip, esp, ebp;
    bool interrupted = false; // eip is the next instruction, no return address
};

/// Code that is none of the kernel's C++. Both may be asked in any state of the system.
struct ForeignCode {
    bool (*print)(const CallSite& site); // prints a location; false: not mine
    bool (*step)(CallSite& site); // goes to the caller, eip 0 if it has none; false: not mine
};
void know_foreign_code(const ForeignCode& code);

/// Prints one line `  at 0x00101234 function+0x12`.
void print_location(const CallSite& site);
/// Prints where that is, and the callers, 32 lines at most.
void print_backtrace(CallSite site);
/// The call that made the frame at `ebp`.
CallSite caller_of_frame(std::uint32_t ebp);

} // namespace singlet::kern
