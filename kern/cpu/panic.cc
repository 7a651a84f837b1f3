#include "kern/cpu/backtrace.hh"
#include "kern/cpu/exit.hh"
#include "kern/cpu/x86.hh"
#include "lib/core/assert.hh"
#include <utility>

namespace singlet {

void assertion_failed(const char* expression, const char* file, int line) {
    kern::panic("{}:{}: assertion failed: {}", file, line, expression);
}

void exercise_not_done(unsigned lab, unsigned number, const char* name, const char* file,
                       int line) {
    kern::print("\nlab {}, exercise {} ({}) is not done yet: {}:{}\n", lab, number, name, file,
                line);
    kern::exit_machine(kern::ExitStatus::Failure);
}

namespace kern {

namespace {
constexpr std::uint16_t kDebugExitPort = 0xf4;
constinit bool panicking = false;
} // namespace

void exit_machine(ExitStatus status) {
    disable_interrupts();
    out32(kDebugExitPort, static_cast<std::uint32_t>(status));
    print("singlet: halted\n");
    for (;;)
        asm volatile("cli\n\thlt");
}

bool begin_panic() {
    disable_interrupts();
    return !std::exchange(panicking, true);
}

void panic_backtrace(std::uint32_t ebp) {
    print_backtrace(ebp);
    exit_machine(ExitStatus::Panic);
}

} // namespace kern
} // namespace singlet
