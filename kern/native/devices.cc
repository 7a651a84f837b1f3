#include "kern/native/devices.hh"

#include "kern/cpu/x86.hh"
#include "kern/dev/bus_master.hh"
#include "kern/dev/irq_line.hh"
#include "kern/native/request.hh"
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

Outcome do_open_device(const Request& request) {
    Process& self = request.self;
    const std::uint32_t number = request[0];
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

Outcome do_irq_wait(const Request& request) {
    if (!drives(request.self, request[0])) return {native::kGone};
    wait_for_irq_line(kDevices[request[0]].irq);
    return {};
}

Outcome do_dma_run(const Request& request) {
    const std::uint32_t device = request[0];
    const bool to_device = request[3];
    UserRange buffer = to_device ? request.to_read(1) : request.to_write(1);
    if (!drives(request.self, device)) return {native::kGone};
    if ((buffer.address | buffer.bytes) & 1 || !buffer.bytes) return {native::kRefused};
    BusMaster& bus = bus_master(kDevices[device].channel);
    if (bus.progress() != BusMaster::Progress::Idle) return {native::kInUse};
    bus.prepare(to_device ? BusMaster::Direction::ToDevice : BusMaster::Direction::ToMemory);
    if (!load(bus, *request.self.space, buffer)) return {native::kTooLong};
    bus.start();
    wait_for_irq_line(kDevices[device].irq);
    return {};
}

Outcome do_dma_stop(const Request& request) {
    if (!drives(request.self, request[0])) return {native::kGone};
    BusMaster& bus = bus_master(kDevices[request[0]].channel);
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
