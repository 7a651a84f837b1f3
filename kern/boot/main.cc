// From the boot loader to the first thread: constructors, then every start-up step, then whatever
// the command line asks for.
#include "kern/boot/init.hh"
#include "kern/boot/multiboot.hh"
#include "kern/boot/options.hh"
#include "kern/boot/test.hh"
#include "kern/cpu/exit.hh"
#include <span>

namespace singlet::kern {

namespace {

extern "C" const InitStep __init_steps_start[], __init_steps_end[];
extern "C" void (*const __constructors_start[])();
extern "C" void (*const __constructors_end[])();

void start_up() {
    for (auto constructor : std::span(__constructors_start, __constructors_end))
        constructor();
}

} // namespace

extern "C" [[noreturn]] void kernel_main(std::uint32_t magic, std::uint32_t information) {
    start_up();
    print("Singlet\n");
    read_multiboot(magic, PhysAddr(information));
    for (const InitStep& step : std::span(__init_steps_start, __init_steps_end)) {
        if (step.order > last_step_for(options().test)) break;
        step.run();
    }
    if (!options().test.empty()) run_tests(options().test);
    print("singlet: nothing to run (no boot modules were given)\n");
    exit_machine(ExitStatus::Success);
}

} // namespace singlet::kern
