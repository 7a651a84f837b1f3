#include "kern/boot/test.hh"
#include "kern/cpu/trap.hh"
#include "kern/cpu/x86.hh"
#include "kern/dev/console.hh"

namespace singlet::kern {

namespace {

constinit int breakpoints = 0;
bool count_breakpoint(TrapFrame& frame) {
    breakpoints++;
    return frame.error == 0 && !frame.from_outside();
}

} // namespace

KERNEL_TEST_AFTER(200, trap_returns) {
    TrapHandler before = set_trap_handler(vector::kBreakpoint, count_breakpoint);
    std::uint32_t a = 0x1234;
    asm volatile("int3" : "+a"(a));
    asm volatile("int3");
    CHECK(breakpoints == 2 && a == 0x1234 && !interrupts_enabled());
    set_trap_handler(vector::kBreakpoint, before);
}

// Page faults that nobody made: what is said of them needs no page tables.
KERNEL_TEST_AFTER(200, fault_report) {
    for (std::uint32_t error : {0u, 1u, 2u, 3u, 6u, 7u, 4u, 9u, 15u}) {
        TrapFrame frame{};
        frame.vector = vector::kPageFault;
        frame.error = error;
        write_cr2(0x40000000 + error * 0x1001);
        print_exception(frame);
        print("\n");
    }
}

[[gnu::noinline]] static int divide(int a, int b) {
    int quotient;
    asm volatile("cltd\n\tidivl %2" : "=a"(quotient) : "0"(a), "r"(b) : "edx");
    return quotient;
}
KERNEL_SCENE(divide_error) { CHECK(divide(1, 0)); }

KERNEL_SCENE(invalid_opcode) { asm volatile("ud2"); }

KERNEL_SCENE(general_protection) { asm volatile("mov %0, %%fs" ::"r"(0x1238)); }

} // namespace singlet::kern
