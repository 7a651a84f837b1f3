#include "kern/proc/io_permission.hh"

#include "kern/cpu/segments.hh"

namespace singlet::kern {

namespace {

constinit const Ports* open = nullptr;

void set(const Ports& ports, bool closed) {
    for (PortRange range : ports) {
        for (std::uint32_t port = range.first; port < range.first + range.count; port++) {
            if (port >= kIoPermissionPorts) continue;
            auto bit = static_cast<std::uint8_t>(1u << port % 8);
            std::uint8_t& byte = task_state.io_permission[port / 8];
            byte = closed ? byte | bit : byte & static_cast<std::uint8_t>(~bit);
        }
    }
}

} // namespace

void open_ports(const Ports& ports) {
    if (open == &ports) return;
    if (open) set(*open, true);
    set(ports, false);
    open = &ports;
}

void close_ports(const Ports& ports) {
    if (open != &ports) return;
    set(ports, true);
    open = nullptr;
}

} // namespace singlet::kern
