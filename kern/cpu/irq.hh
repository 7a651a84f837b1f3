// The sixteen interrupt lines of the two 8259A controllers, on vectors 32 to 47. A line is masked
// until somebody claims it. The controller is told of the end *before* the handler runs, since the
// handler may switch threads; lines are edge-triggered, so nothing comes twice.
#pragma once
#include <cstdint>

namespace singlet::kern {

inline constexpr std::uint8_t kIrqLines = 16;

using IrqHandler = void (*)(std::uint8_t line);

/// Calls `handler` at each interrupt of the line, interrupts off, and unmasks the line. Null gives
/// the line back and masks it. False when somebody else has it.
[[nodiscard]] bool claim_irq(std::uint8_t line, IrqHandler handler);
void mask_irq(std::uint8_t line);
void unmask_irq(std::uint8_t line);

} // namespace singlet::kern
