// Traps: exceptions, interrupts, INT n. Each part claims its vectors with TRAP(vector, handler) in a
// table that the linker gathers. All gates are interrupt gates: the kernel runs with interrupts off,
// and is itself never preempted; only SIP code is.
//
// A trap finds the processor on one of two kinds of stack. On the thread's own kernel stack it
// stays there. On any other one (a SIP at CPL 0 runs on its own; CPL 3 has changed stacks already)
// the entry code pushes the frame and then goes on at task_state.esp0: no C++ of the kernel runs on
// a SIP's stack.
#pragma once
#include "kern/cpu/backtrace.hh"
#include <cstddef>
#include <cstdint>

namespace singlet::kern {

// What the entry code leaves in memory, lowest address first (kern/cpu/trap_entry.S).
struct TrapFrame {
    std::uint32_t edi, esi, ebp, esp_of_pusha, ebx, edx, ecx, eax; // PUSHA
    std::uint32_t vector;
    std::uint32_t error;             // 0 where the processor pushes none
    std::uint32_t eip, cs, eflags;   // pushed by the processor
    std::uint32_t user_esp, user_ss; // only there when from_ring3()

    bool from_ring3() const { return (cs & 3) == 3; }
    /// The interrupted code's stack pointer.
    std::uint32_t stack_pointer() const {
        return from_ring3() ? user_esp : reinterpret_cast<std::uint32_t>(&user_esp);
    }
    CallSite site() const { return {eip, stack_pointer(), ebp, true}; }
    /// True when the trap did not come from a thread's kernel stack: it interrupted SIP code (or the
    /// run-time that SIPs share), and the thread may be preempted or killed.
    bool from_outside() const;
};
static_assert(offsetof(TrapFrame, vector) == 32 && offsetof(TrapFrame, eip) == 40);
static_assert(sizeof(TrapFrame) == 60);

namespace vector {
inline constexpr std::uint8_t kDivideError = 0, kNonMaskable = 2, kBreakpoint = 3;
inline constexpr std::uint8_t kDoubleFault = 8;
inline constexpr std::uint8_t kGeneralProtection = 13, kPageFault = 14;
inline constexpr std::uint8_t kFirstIrq = 32; // IRQ 0-15 are vectors 32-47
inline constexpr std::uint8_t kKernelCall = 0x80;
} // namespace vector

/// Deals with a trap by returning true; false means "not mine", and the trap is then unexpected.
using TrapHandler = bool (*)(TrapFrame& frame);

enum class Gate : std::uint8_t { Kernel = 0, User = 3 }; // who may reach it by INT n

struct TrapEntry {
    std::uint8_t vector;
    Gate gate;
    TrapHandler handler;
};

#define TRAP(vector, gate, handler)                                                                \
    [[gnu::section(".table.trap." #handler), gnu::used]]                                           \
    static const ::singlet::kern::TrapEntry trap_entry_##handler {                                 \
        vector, gate, handler                                                                      \
    }

/// Claims a vector at run time and returns the handler it had (null: none).
TrapHandler set_trap_handler(std::uint8_t vector, TrapHandler handler);

/// Who hears of a trap from outside the kernel that no handler has taken (an exception, or an INT n
/// that means nothing): the part that runs SIPs, which kills the one that made it. Returns the one
/// that was set before.
TrapHandler set_outside_fault_handler(TrapHandler handler);

/// Gives a vector entry code of its own, for a path shorter than the common one (kernel calls).
void set_gate(std::uint8_t vector, void (*entry)(), Gate gate);

/// "page fault: write to 0x00000010, not present, at CPL 0" - what an exception's frame says.
void print_exception(const TrapFrame& frame);

void print_registers(const TrapFrame& frame);

/// Decodes the exception, prints registers and a backtrace, and ends the machine.
[[noreturn]] void panic_at(const TrapFrame& frame);

} // namespace singlet::kern
