// Ways for a machine to end, to see that the harness tells them apart.
#include "kern/boot/test.hh"
#include "kern/cpu/exit.hh"
#include "kern/cpu/x86.hh"

namespace singlet::kern {

KERNEL_TEST(nothing) {}

KERNEL_SCENE(check) { CHECK(1 + 1 == 3); }

KERNEL_SCENE(hang) {
    for (;;)
        asm volatile("pause");
}

[[gnu::noinline]] static void give_up(int reason) { panic("the test asked for it ({})", reason); }
KERNEL_SCENE(panic) {
    give_up(42);
    asm volatile(""); // no tail call: the test's own frame is part of what is looked for
}

KERNEL_SCENE(triple_fault) {
    const struct [[gnu::packed]] {
        unsigned short limit = 0;
        unsigned base = 0;
    } no_idt;
    asm volatile("lidt %0\n\tint3" ::"m"(no_idt));
}

} // namespace singlet::kern
