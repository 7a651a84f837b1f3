// How a SIP's code reaches the kernel. Bound when an image is made: the same bytecode, compiled the same
// way, calls a gate at CPL 0 and a stub that traps at CPL 3 [gates.S].
#pragma once
// <since lab7>
#include "kern/cpu/user_entry.hh"
// </since>
#include "kern/proc/level.hh"

namespace singlet::kern {

enum class Binding : std::uint8_t {
    Call,      // CPL 0
    Interrupt, // CPL 3: INT 0x80
    // <since lab7>
    Sysenter, // CPL 3: SYSENTER
    // </since>
};
constexpr Level level_of(Binding binding) {
    return binding == Binding::Call ? Level::Kernel : Level::User;
}

// <since lab7>
/// What CPL 3 uses where no policy says otherwise: `trap=`.
Binding default_trap();
/// The kernel's side of a binding at CPL 3.
const UserEntry& entry_of(Binding binding);
// </since>

} // namespace singlet::kern
