// Privilege levels that code outside the kernel runs at.
#pragma once
#include <cstdint>

namespace singlet::kern {

enum class Level : std::uint8_t { Kernel = 0, User = 3 };

} // namespace singlet::kern
