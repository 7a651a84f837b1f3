// Segments: all flat, since protection is the pages' business or the verifier's. The order is the
// one that SYSENTER and SYSEXIT assume [SDM2B SYSENTER]: kernel code, kernel data, user code, user
// data. DS and ES hold the user data selector always, also in the kernel: it is as good at CPL 0,
// and then a trap from CPL 0 has nothing to save.
#pragma once
#include <cstddef>
#include <cstdint>

namespace singlet::kern {

inline constexpr std::uint16_t kKernelCode = 0x08, kKernelData = 0x10;
inline constexpr std::uint16_t kUserCode = 0x18 | 3, kUserData = 0x20 | 3;
inline constexpr std::uint16_t kTaskState = 0x28, kDoubleFaultTask = 0x30;

// SDM3A 8.2.1: the 32-bit task-state segment.
struct Tss {
    std::uint32_t link;
    std::uint32_t esp0, ss0; // the stack for traps from CPL 3
    std::uint32_t esp1, ss1, esp2, ss2;
    std::uint32_t cr3, eip, eflags;
    std::uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    std::uint32_t es, cs, ss, ds, fs, gs, ldt;
    std::uint16_t trap, io_map;
};
static_assert(offsetof(Tss, esp0) == 4 && offsetof(Tss, eip) == 32 && offsetof(Tss, io_map) == 102);
static_assert(sizeof(Tss) == 104);

// The ports below this one can be opened to CPL 3, one bit each; the byte behind is all ones
// [SDM1 19.5.2].
inline constexpr std::uint32_t kIoPermissionPorts = 1024;
struct TaskState : Tss {
    std::uint8_t io_permission[kIoPermissionPorts / 8 + 1]; // a bit that is set closes its port
};

/// The task state: `esp0` says where the running thread's kernel stack goes on when a trap comes
/// from SIP code, at CPL 3 and (kern/cpu/trap_entry.S) at CPL 0.
extern "C" TaskState task_state;

/// Page tables that a double fault is handled with; to be told whenever CR3 or CR0.PG changes.
void set_double_fault_cr3(std::uint32_t cr3);

} // namespace singlet::kern
