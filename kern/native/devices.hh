// Hardware that a C++ process drives: it opens a device, and has its ports by the I/O permission
// bitmap, its interrupt by a system call, and its bus master by one that takes memory of the driver's
// own [system_calls.def]. A device has one driver, be it a process or a SIP.
#pragma once
#include "kern/native/process.hh"

namespace singlet::kern {

/// The process ends: its transfers are stopped before its memory goes, and its devices are free.
void close_devices(Process& process);

} // namespace singlet::kern
