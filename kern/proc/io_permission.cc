#include "kern/proc/io_permission.hh"

#include "kern/cpu/segments.hh"
#include <algorithm>
#include <array>
#include <functional>

namespace singlet::kern {

namespace {

constinit const Ports* open = nullptr;

constinit std::array<bool, kIoPermissionPorts> claimed{};
// <since lab6>
constinit std::array<bool, kIoPermissionPorts> claimed_by_sips{}; // of these
// </since>

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

bool claim_ports(PortRange range) {
    std::uint32_t end = std::uint32_t(range.first) + range.count;
    if (end > claimed.size()) return false;
    if (std::any_of(&claimed[range.first], claimed.data() + end, std::identity{})) return false;
    std::fill(&claimed[range.first], claimed.data() + end, true);
    return true;
}

// <since lab6>
bool claim_ports_for_sip(PortRange range) {
    std::uint32_t end = std::uint32_t(range.first) + range.count;
    if (end > claimed.size()) return false;
    for (std::uint32_t port = range.first; port < end; port++)
        if (claimed[port] && !claimed_by_sips[port]) return false;
    std::fill_n(&claimed[range.first], range.count, true);
    std::fill_n(&claimed_by_sips[range.first], range.count, true);
    return true;
}
// </since>

void release_ports(PortRange range) {
    std::fill_n(&claimed[range.first], range.count, false);
    // <since lab6>
    std::fill_n(&claimed_by_sips[range.first], range.count, false);
    // </since>
}

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
