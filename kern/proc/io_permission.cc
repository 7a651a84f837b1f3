#include "kern/proc/io_permission.hh"

#include "kern/cpu/segments.hh"

namespace singlet::kern {

namespace {

constinit const Sip* open_for = nullptr;

void set(const Sip& sip, bool closed) {
    for (PortRange range : sip.grants.ports) {
        for (std::uint32_t port = range.first; port < range.first + range.count; port++) {
            if (port >= kIoPermissionPorts) continue;
            auto bit = static_cast<std::uint8_t>(1u << port % 8);
            std::uint8_t& byte = task_state.io_permission[port / 8];
            byte = closed ? byte | bit : byte & static_cast<std::uint8_t>(~bit);
        }
    }
}

} // namespace

void open_ports_of(const Sip& sip) {
    if (open_for == &sip) return;
    if (open_for) set(*open_for, true);
    set(sip, false);
    open_for = &sip;
}

void close_ports_of(const Sip& sip) {
    if (open_for != &sip) return;
    set(sip, true);
    open_for = nullptr;
}

} // namespace singlet::kern
