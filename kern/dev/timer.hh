// The 8254 timer: 100 ticks a second. A tick ends the running thread's turn.
#pragma once
#include <cstdint>

namespace singlet::kern {

inline constexpr std::uint32_t kTicksPerSecond = 100;

/// Ticks since boot; wraps after 497 days.
std::uint32_t ticks();

} // namespace singlet::kern
