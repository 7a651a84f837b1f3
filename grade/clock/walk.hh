// A two-level page walk over the guest's real tables. [SDM3A 4.3: 32-bit paging]
//
//   address:  31      22 21      12 11        0
//             [directory][  table  ][ offset   ]
//   CR3 --> PDE --(PS=1)--> 4 MB page
//            '---> PTE ---> 4 KB page
#pragma once
#include "grade/clock/guest_memory.hh"
#include "grade/clock/tlb.hh"

#include <array>

namespace singlet::clock {

struct Walk {
    std::array<std::uint32_t, 2> reads{}; // physical addresses of the entries read
    unsigned steps = 0;                   // how many of them
    bool present = false;
    Translation translation{};
};

[[nodiscard]] inline Walk walk(const GuestMemory& memory, std::uint32_t cr3,
                               std::uint32_t address) {
    constexpr std::uint32_t kPresent = 1 << 0, kLarge = 1 << 7, kGlobal = 1 << 8;
    constexpr std::uint32_t kFrame = 0xfffff000, kLargeFrame = 0xffc00000;
    Walk w;
    w.reads[w.steps++] = (cr3 & kFrame) + (address >> kLargeShift) * 4;
    const std::uint32_t pde = memory.word(w.reads[0]);
    if (!(pde & kPresent)) return w;
    if (pde & kLarge) {
        w.present = true;
        w.translation = {pde & kLargeFrame, true, (pde & kGlobal) != 0};
        return w;
    }
    w.reads[w.steps++] = (pde & kFrame) + (address >> kPageShift & 0x3ff) * 4;
    const std::uint32_t pte = memory.word(w.reads[1]);
    w.present = (pte & kPresent) != 0;
    w.translation = {pte & kFrame, false, (pte & kGlobal) != 0};
    return w;
}

} // namespace singlet::clock
