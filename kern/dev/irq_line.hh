// Interrupt lines that drivers own: interrupts are counted, and threads wait for them.
#pragma once
#include <cstdint>

namespace singlet::kern {

/// False: the kernel, or another driver, has the line.
[[nodiscard]] bool open_irq_line(std::uint32_t line);
void close_irq_line(std::uint32_t line);
/// Takes one interrupt; the running thread waits for it when there has been none since the last, but
/// no longer than irqwait= on the command line says, if it says something. What a bounded wait costs
/// is that an idle machine takes timer interrupts, and how many depends on how fast the device is:
/// so who measures leaves irqwait= alone.
void wait_for_irq_line(std::uint32_t line);
/// Does a thread wait for one? Then a machine that is idle is not stuck.
bool irq_is_awaited();

} // namespace singlet::kern
