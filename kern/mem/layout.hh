// Where things lie. Addresses are physical and identical in every address space:
//
//   0            1 MB         __kernel_end                     half            top of RAM (<= 1 GB)
//   | BIOS, VGA  | the kernel | Zone::Kernel: heap, stacks ... | Zone::Sip ... | nothing
//
// The kernel zone is mapped, supervisor only, in all page directories; what a SIP owns comes from
// the SIP zone. Ring-3 C++ processes have their own addresses from 1 GB on.
#pragma once
#include <cstdint>

namespace singlet::kern {

inline constexpr std::uint32_t kPageSize = 4096;
inline constexpr std::uint32_t kKernelBase = 0x100000;
inline constexpr std::uint32_t kMaximumRam = 0x40000000;
inline constexpr std::uint32_t kDeviceBase = 0xfec00000;  // local APIC and the like, 4 MB
inline constexpr std::uint32_t kProcessBase = 0x40000000; // ring-3 C++ processes, from here up

// Set by the linker script (kern/kernel.ld).
extern "C" {
extern char __kernel_start[], __text_end[], __rt_start[], __rt_end[], __rodata_end[],
    __kernel_end[];
}

inline std::uint32_t address_of(const void* object) {
    return reinterpret_cast<std::uint32_t>(object);
}
constexpr std::uint32_t page_down(std::uint32_t address) { return address & ~(kPageSize - 1); }
constexpr std::uint32_t page_up(std::uint32_t address) {
    return page_down(address + kPageSize - 1);
}

/// Below this address memory can be read whatever page directory is active (kern/mem/frames.cc).
std::uint32_t readable_end();

} // namespace singlet::kern
