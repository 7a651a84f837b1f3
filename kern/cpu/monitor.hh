// The kernel monitor: a prompt on the serial line in the middle of whatever the machine does. A
// non-maskable interrupt brings it up, so that neither a driver nor a kernel that hangs can keep it
// away (QEMU's own monitor sends one: `nmi`). It only looks; `continue` goes on as if nothing had been.
// Parts announce their commands in a table that the linker gathers.
#pragma once
#include "kern/cpu/trap.hh"
#include <string_view>

namespace singlet::kern {

struct MonitorCommand {
    std::string_view name, what; // what: for `help`
    void (*run)(const TrapFrame& frame);
};

#define MONITOR(name, function, what)                                                              \
    [[gnu::section(".table.monitor." #name), gnu::used]]                                           \
    static const ::singlet::kern::MonitorCommand monitor_##name {                                  \
        #name, what, function                                                                      \
    }

} // namespace singlet::kern
