#include "kern/boot/test.hh"
#include "kern/cpu/trap.hh"
#include "kern/cpu/x86.hh"

namespace singlet::kern {

namespace {

constinit int breakpoints = 0;
bool count_breakpoint(TrapFrame& frame) {
    breakpoints++;
    return frame.error == 0 && !frame.from_outside();
}

} // namespace

KERNEL_TEST(trap_returns) {
    TrapHandler before = set_trap_handler(vector::kBreakpoint, count_breakpoint);
    std::uint32_t a = 0x1234;
    asm volatile("int3" : "+a"(a));
    asm volatile("int3");
    CHECK(breakpoints == 2 && a == 0x1234 && !interrupts_enabled());
    set_trap_handler(vector::kBreakpoint, before);
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
