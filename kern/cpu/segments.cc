#include "kern/cpu/segments.hh"

#include "kern/boot/init.hh"
#include "kern/cpu/backtrace.hh"
#include "kern/cpu/exit.hh"
#include "kern/cpu/x86.hh"
#include "kern/mem/layout.hh"
#include <algorithm>
#include <array>

namespace singlet::kern {

extern "C" {
constinit TaskState task_state{};
extern char boot_stack_top[];
}

namespace {

constinit Tss double_fault_state{};
alignas(16) constinit std::array<char, 4096> double_fault_stack{};

// SDM3A 3.4.5: a segment descriptor.
//  63      56 55   52 51    48 47     40 39      32 31       16 15        0
//  | base 31-24 | flags | limit 19-16 | access | base 23-16 | base 15-0 | limit 15-0 |
constexpr std::uint64_t descriptor(std::uint32_t base, std::uint32_t limit, std::uint8_t access,
                                   std::uint8_t flags) {
    std::uint64_t low = std::uint64_t(base & 0xffff) << 16 | (limit & 0xffff);
    std::uint64_t high = (base >> 24) << 24 | std::uint32_t(flags) << 20 | (limit & 0xf0000) |
                         std::uint32_t(access) << 8 | ((base >> 16) & 0xff);
    return high << 32 | low;
}

// SDM3A 3.4.5.1, 3.5: access bytes (present, DPL, type) and flags (4 KB granularity, 32-bit).
constexpr std::uint8_t kCode = 0x9b, kData = 0x93, kDpl3 = 0x60, kAvailableTss = 0x89;
constexpr std::uint8_t kFlat = 0xc;
static_assert(descriptor(0, 0xfffff, kCode, kFlat) == 0x00cf9b000000ffff);

constinit std::array<std::uint64_t, 7> table{
    0,
    descriptor(0, 0xfffff, kCode, kFlat),
    descriptor(0, 0xfffff, kData, kFlat),
    descriptor(0, 0xfffff, kCode | kDpl3, kFlat),
    descriptor(0, 0xfffff, kData | kDpl3, kFlat),
};

// A double fault means that the stack was no good: the kernel's overflowed, or, at CPL 0, a SIP's
// pointed nowhere. A task gate brings a stack of its own [SDM3A 6.14.2].
[[noreturn]] void double_fault() {
    if (begin_panic()) {
        print("\npanic: double fault (no stack to take a trap on), esp 0x{:08x}\n", task_state.esp);
        print_backtrace({task_state.eip, task_state.esp, task_state.ebp, true});
    }
    exit_machine(ExitStatus::Panic);
}

void load_segments() {
    task_state.esp0 = address_of(boot_stack_top);
    task_state.ss0 = kKernelData;
    task_state.io_map = sizeof(Tss);
    std::ranges::fill(task_state.io_permission, std::uint8_t(0xff)); // no port
    double_fault_state.eip = address_of(reinterpret_cast<void*>(double_fault));
    double_fault_state.esp = address_of(&double_fault_stack.back()) & ~15u;
    double_fault_state.eflags = kEflagsReserved;
    double_fault_state.cs = kKernelCode;
    double_fault_state.ss = kKernelData;
    double_fault_state.ds = double_fault_state.es = kUserData;
    double_fault_state.io_map = sizeof(Tss);
    table[kTaskState / 8] =
        descriptor(address_of(&task_state), sizeof(TaskState) - 1, kAvailableTss, 0);
    table[kDoubleFaultTask / 8] =
        descriptor(address_of(&double_fault_state), sizeof(Tss) - 1, kAvailableTss, 0);
    const struct [[gnu::packed]] {
        std::uint16_t limit;
        std::uint32_t base;
    } pointer{sizeof table - 1, address_of(table.data())};
    asm volatile("lgdt %0\n\t"
                 "ljmp %1, $1f\n"
                 "1:\tmov %2, %%ss\n\t"
                 "mov %3, %%ds\n\tmov %3, %%es\n\tmov %4, %%fs\n\tmov %4, %%gs\n\t"
                 "ltr %w5"
                 :
                 : "m"(pointer), "i"(kKernelCode), "r"(std::uint32_t(kKernelData)),
                   "r"(std::uint32_t(kUserData)), "r"(0), "r"(std::uint32_t(kTaskState))
                 : "memory");
}
INIT(100, load_segments);

} // namespace

void set_double_fault_cr3(std::uint32_t cr3) { double_fault_state.cr3 = cr3; }

} // namespace singlet::kern
