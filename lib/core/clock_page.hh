// The page through which kernel and model clock talk. The clock (a QEMU plugin, grade/clock) finds
// it by the symbol `clock_page`; it cannot read registers, so the kernel writes here what the clock
// must know about paging *before* it takes effect, and the clock writes back the cycles it counted.
// Under any other clock the page is ordinary memory and `cycles` stays zero.
#pragma once
#include "lib/core/mark.hh"
#include <cstddef>
#include <cstdint>

namespace singlet {

struct ClockPage {
    static constexpr std::uint32_t kMagic = 0x4b4c4353; // "SCLK"

    std::uint32_t magic;           // kMagic once the kernel runs
    std::uint32_t cr3;             // page directory in use, 0 while paging is off
    volatile std::uint64_t cycles; // written by the clock at marks and RDTSC, read by the kernel
    std::uint32_t invalidated;     // the address of the INVLPG that comes next
    std::uint32_t mark;            // the number of a kMarkNumbered mark (mark.hh)
    std::uint32_t written;         // what a device wrote, at a kMarkWritten mark: from this ...
    std::uint32_t written_bytes;   // ... physical address on, so many bytes
    std::uint32_t reserved[1016];

    /// A mark whose number is known only now.
    void set_mark(std::uint16_t number) {
        mark = number;
        singlet::mark<kMarkNumbered>();
    }
    /// Tells that a device wrote memory (DMA): a real processor's caches lose those lines.
    void device_wrote(std::uint32_t start, std::uint32_t bytes) {
        written = start;
        written_bytes = bytes;
        singlet::mark<kMarkWritten>();
    }
};
static_assert(offsetof(ClockPage, cr3) == 4 && offsetof(ClockPage, cycles) == 8 &&
              offsetof(ClockPage, invalidated) == 16 && offsetof(ClockPage, mark) == 20 &&
              offsetof(ClockPage, written) == 24 && offsetof(ClockPage, written_bytes) == 28);
static_assert(sizeof(ClockPage) == 4096);

#ifdef SINGLET_KERNEL
extern "C" ClockPage clock_page; // kern/mem/paging.cc
#endif

} // namespace singlet
