// What the boot loader told us, in our own words [Multiboot 0.6.96, 3.3]. Everything is copied out
// of the loader's structures at once, since they lie in memory that is about to be given away; only
// the modules' contents stay where they are, and their frames are never handed out.
#pragma once
#include "kern/mem/address.hh"
#include <cstdint>
#include <span>
#include <string_view>

namespace singlet::kern {

struct MemoryRange {
    PhysAddr start;
    PhysAddr end; // first byte behind
};

struct BootModule {
    std::string_view name;      // last part of the file's name: "disk.sbc"
    std::string_view arguments; // what stood behind it
    PhysAddr start;
    std::uint32_t size = 0; // bytes

    std::span<const std::uint8_t> bytes() const {
        return {reinterpret_cast<const std::uint8_t*>(start.raw()), size};
    }
};

struct BootInfo {
    std::string_view command_line;
    std::span<const MemoryRange> ram; // usable, as the BIOS says
    std::span<const BootModule> modules;
};

const BootInfo& boot_info();
/// Null when no module has that name.
const BootModule* find_module(std::string_view name);

/// Called once, by kernel_main, with what the loader left in EAX and EBX.
void read_multiboot(std::uint32_t magic, PhysAddr information);

} // namespace singlet::kern
