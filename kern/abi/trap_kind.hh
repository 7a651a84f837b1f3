// How a SIP at CPL 3 enters the kernel: INT 0x80, or with `trap=sysenter` SYSENTER.
#pragma once
#include "kern/cpu/user_entry.hh"

namespace singlet::kern {

bool uses_sysenter();
/// While a SIP at CPL 3 runs [gates.S].
extern UserEntry sip_entry;

} // namespace singlet::kern
