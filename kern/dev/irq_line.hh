// Interrupt lines that drivers own: interrupts are counted, and one SIP waits for them.
#pragma once
#include <cstdint>

namespace singlet::kern {

struct Sip;

/// False: the kernel uses the line itself.
[[nodiscard]] bool open_irq_line(std::uint32_t line);
void close_irq_line(std::uint32_t line);
/// Takes one interrupt; waits for it when there has been none since the last.
void wait_for_irq_line(std::uint32_t line, Sip& sip);

} // namespace singlet::kern
