// Which I/O ports code at CPL 3 may use: the bitmap behind the task-state segment [SDM1 19.5.2].
#pragma once
#include "kern/proc/sip.hh"

namespace singlet::kern {

/// The ports of `sip`, and no others, are open at CPL 3 from now on. Cheap when they are already.
void open_ports_of(const Sip& sip);
/// The ports of `sip` are closed, if they were open.
void close_ports_of(const Sip& sip);

} // namespace singlet::kern
