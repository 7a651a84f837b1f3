// What programs are told at boot, and how they tell the clock where they are.
#pragma once
#include <cstdint>

namespace singlet::kern {

/// 0: reads=, 1: seed=, 2: repeat=; 0 for one that was not given or does not exist.
std::uint32_t boot_argument(std::uint32_t number);
/// A mark for the harness [lib/core/mark.hh]; with clock=tsc on the console as well.
void emit_mark(std::uint32_t number);

} // namespace singlet::kern
