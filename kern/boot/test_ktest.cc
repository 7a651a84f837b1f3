// Ways for a machine to end, to see that the harness tells them apart.
#include "kern/boot/test.hh"
#include "kern/boot/multiboot.hh"
#include "kern/boot/options.hh"
#include "kern/cpu/exit.hh"
#include "kern/cpu/x86.hh"

namespace singlet::kern {

KERNEL_TEST(nothing) {}

KERNEL_SCENE(check) { CHECK(1 + 1 == 3); }
KERNEL_SCENE(check_equal) {
    CHECK_EQUAL(1u + 1, 2);
    CHECK_EQUAL(std::string_view("abc"), "abc");
    CHECK_EQUAL(0x1000u + 7, 0x2007);
}

// What came from the boot loader; the grader knows what it gave.
KERNEL_SCENE(modules) {
    print("protect={}\n", name_of(options().protect));
    for (const BootModule& module : boot_info().modules) {
        std::uint32_t sum = 0;
        for (std::uint8_t byte : module.bytes())
            sum += byte;
        print("module {} ({}): {} bytes, sum {}\n", module.name, module.arguments, module.size,
              sum);
    }
}

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
