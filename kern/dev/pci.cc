#include "kern/dev/pci.hh"

#include "kern/cpu/x86.hh"

namespace singlet::kern::pci {

namespace {

constexpr std::uint16_t kAddress = 0xcf8, kData = 0xcfc;
constexpr std::uint8_t kClass = 0x08;
constexpr std::uint32_t kNone = 0xffffffff;

//   31    30      24 23  16 15   11 10      8 7       2 1 0
//   | 1 | reserved | bus  | slot  | function | offset  | 0 |
void select(Device device, std::uint8_t offset) {
    out32(kAddress, 1u << 31 | std::uint32_t(device.slot) << 11 |
                        std::uint32_t(device.function) << 8 | (offset & 0xfcu));
}

} // namespace

std::uint32_t read(Device device, std::uint8_t offset) {
    select(device, offset);
    return in32(kData);
}

void write(Device device, std::uint8_t offset, std::uint32_t value) {
    select(device, offset);
    out32(kData, value);
}

bool find(std::uint16_t class_code, Device& found) {
    for (std::uint8_t slot = 0; slot < 32; slot++) {
        for (std::uint8_t function = 0; function < 8; function++) {
            Device device{slot, function};
            if (read(device, 0) == kNone) continue;
            if (read(device, kClass) >> 16 != class_code) continue;
            found = device;
            return true;
        }
    }
    return false;
}

} // namespace singlet::kern::pci
