// The DMA object of an IDE channel, as SIPs have it. A driver that could write the bus-master
// registers could write any memory; so the kernel keeps them (bus_master.hh), and takes whole vectors
// of the exchange heap instead: it owns the vector while the device may touch it.
//
//          dma_read, dma_write            dma_run
//   Idle ----------------------> Loaded -----------> Running
//     ^                             |                   |
//     +---------------- dma_finish -+-------------------+
//
// dma_run starts the device and waits in one call: no interrupt can come between the two, however
// quick the device is (an emulated one may be quicker than a few instructions), so every transfer
// takes the same way through the kernel.
#pragma once
#include <cstdint>

namespace singlet::kern {

struct Sip;

bool ide_dma_exists(std::uint32_t number);
/// False: somebody has it.
[[nodiscard]] bool ide_dma_claim(std::uint32_t number);
/// The driver goes away: stops the device, then gives the vector back to it.
void ide_dma_abandon(std::uint32_t number, Sip& sip);

} // namespace singlet::kern
