// Hardware that a C++ process drives: it opens a device, and has its ports by the I/O permission
// bitmap, its interrupt by a system call, and its bus master by one that takes memory of the driver's
// own. A device has one driver, be it a process or a SIP.
#pragma once
#include "kern/native/process.hh"

namespace singlet::kern {

// Each is its system call [system_calls.def]; the buffer was allowed before.
Outcome open_device(Process& self, std::uint32_t device);
Outcome await_device(Process& self, std::uint32_t device);
Outcome run_transfer(Process& self, std::uint32_t device, UserRange buffer, bool to_device);
Outcome stop_transfer(Process& self, std::uint32_t device);

/// The process ends: its transfers are stopped before its memory goes, and its devices are free.
void close_devices(Process& process);

} // namespace singlet::kern
