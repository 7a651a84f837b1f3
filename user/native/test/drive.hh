// As much of a disk driver as its tests need.
#pragma once
#include "user/native/lib/disk.hh"
#include "user/native/lib/ports.hh"

namespace singlet::native {

/// Tells the drive to read; `dma_run` has to follow. For the drive's first 32 MB.
inline void begin_read(std::uint16_t lba, std::uint32_t count) {
    while (in8(0x1f7) & 0x80) {
    }
    out8(0x3f6, 0);
    out8(0x1f6, 0xe0);
    out8(0x1f2, static_cast<std::uint8_t>(count));
    out8(0x1f3, static_cast<std::uint8_t>(lba));
    out8(0x1f4, static_cast<std::uint8_t>(lba >> 8));
    out8(0x1f5, 0);
    out8(0x1f7, 0xc8);
}

} // namespace singlet::native
