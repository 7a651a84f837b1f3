// Kernel stacks: one a thread, aligned to their size, so that `same stack?` is one XOR, also in
// assembly (kern/cpu/trap_entry.S).
#pragma once
#include "kern/cpu/segments.hh"
#include <cstdint>

namespace singlet::kern {

inline constexpr std::uint32_t kStackSize = 16384; // also in entry.S and trap_entry.S

/// Is the address on the kernel stack of the running thread?
inline bool on_kernel_stack(std::uint32_t address) {
    return ((task_state.esp0 - 1) ^ address) < kStackSize;
}

} // namespace singlet::kern
