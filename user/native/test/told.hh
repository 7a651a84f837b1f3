// What a self-test of the kernel tells a program before it starts [kern/native/programs_ktest.cc]: a number,
// in the last word of its stack.
#pragma once
#include <cstdint>

namespace singlet::native {

inline std::uint32_t told() { return *reinterpret_cast<const volatile std::uint32_t*>(0x7ffffffc); }

} // namespace singlet::native
