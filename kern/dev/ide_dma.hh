// The DMA object of an IDE channel. A driver that could write the bus-master registers could write
// any memory; so the kernel keeps them, and takes whole vectors of the exchange heap instead: it
// owns the vector while the device may touch it, and builds the descriptor table itself.
//
//          dma_read, dma_write           dma_start
//   Idle ----------------------> Loaded -----------> Running
//     ^                             |                   |
//     +---------------- dma_finish -+-------------------+
#pragma once
#include <cstdint>

namespace singlet::kern {

struct Sip;

inline constexpr std::uint32_t kIdeChannels = 2; // object 0: primary, 1: secondary

bool ide_dma_exists(std::uint32_t number);
/// The driver goes away: stops the device, then gives the vector back to it.
void ide_dma_abandon(std::uint32_t number, Sip& sip);

} // namespace singlet::kern
