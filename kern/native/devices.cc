#include "kern/native/devices.hh"

#include "kern/cpu/x86.hh"
#include "kern/dev/bus_master.hh"
#include "kern/dev/irq_line.hh"
#include <algorithm>

namespace singlet::kern {

namespace {

struct Device {
    PortRange registers, control;
    std::uint32_t irq, channel;
};
constexpr Device kDevices[] = {
    {{0x1f0, 8}, {0x3f6, 1}, 14, 0}, // native::kPrimaryIde
    {{0x170, 8}, {0x376, 1}, 15, 1},
};

bool drives(const Process& process, std::uint32_t device) {
    return device < std::size(kDevices) && process.devices >> device & 1;
}

bool take(const Device& device) {
    if (!claim_ports(device.registers)) return false;
    if (claim_ports(device.control)) {
        if (bus_master(device.channel).claim()) {
            if (open_irq_line(device.irq)) return true;
            bus_master(device.channel).release();
        }
        release_ports(device.control);
    }
    release_ports(device.registers);
    return false;
}

// The frames of the buffer as the bus master's pieces; those that lie side by side are one.
bool load(BusMaster& bus, const AddressSpace& space, UserRange buffer) {
    while (buffer.bytes) {
        PhysAddr start = space.physical(buffer.address);
        std::uint32_t most = kPageSize - buffer.address % kPageSize;
        std::uint32_t bytes = std::min(buffer.bytes, most);
        while (bytes < buffer.bytes && space.physical(buffer.address + bytes) == start + bytes)
            bytes = std::min(buffer.bytes, bytes + kPageSize);
        if (!bus.add(start.raw(), bytes)) return false;
        buffer = {buffer.address + bytes, buffer.bytes - bytes};
    }
    return true;
}

} // namespace

Outcome open_device(Process& self, std::uint32_t number) {
    if (number >= std::size(kDevices)) return {native::kGone};
    const Device& device = kDevices[number];
    if (!bus_master(device.channel).exists()) return {native::kGone};
    if (self.parent) return {native::kRefused}; // who starts the machine says who drives it
    if (!take(device)) return {native::kInUse};
    close_ports(self.ports);
    self.ports.push_back(device.registers);
    self.ports.push_back(device.control);
    self.devices |= 1u << number;
    open_ports(self.ports);
    return {};
}

Outcome await_device(Process& self, std::uint32_t device) {
    if (!drives(self, device)) return {native::kGone};
    wait_for_irq_line(kDevices[device].irq);
    return {};
}

Outcome run_transfer(Process& self, std::uint32_t device, UserRange buffer, bool to_device) {
    if (!drives(self, device)) return {native::kGone};
    if ((buffer.address | buffer.bytes) & 1 || !buffer.bytes) return {native::kRefused};
    BusMaster& bus = bus_master(kDevices[device].channel);
    if (bus.progress() != BusMaster::Progress::Idle) return {native::kInUse};
    bus.prepare(to_device ? BusMaster::Direction::ToDevice : BusMaster::Direction::ToMemory);
    if (!load(bus, *self.space, buffer)) return {native::kTooLong};
    bus.start();
    wait_for_irq_line(kDevices[device].irq);
    return {};
}

Outcome stop_transfer(Process& self, std::uint32_t device) {
    if (!drives(self, device)) return {native::kGone};
    BusMaster& bus = bus_master(kDevices[device].channel);
    auto progress = static_cast<std::int32_t>(bus.progress());
    bus.stop();
    return {progress};
}

void close_devices(Process& process) {
    for (std::uint32_t number = 0; number < std::size(kDevices); number++) {
        if (!drives(process, number)) continue;
        const Device& device = kDevices[number];
        bus_master(device.channel).release();
        close_irq_line(device.irq);
        release_ports(device.registers);
        release_ports(device.control);
    }
    process.devices = 0;
    process.ports.clear();
}

} // namespace singlet::kern
