// PCI configuration space, mechanism #1 [PCI 2.1, 3.2.2.3]: only what finding a device takes.
#pragma once
#include <cstdint>

namespace singlet::kern::pci {

struct Device {
    std::uint8_t slot = 0, function = 0; // on bus 0
};

std::uint32_t read(Device device, std::uint8_t offset);
void write(Device device, std::uint8_t offset, std::uint32_t value);

/// The first device on bus 0 of a class and subclass (0x0101: IDE controller).
bool find(std::uint16_t class_code, Device& found);

} // namespace singlet::kern::pci
