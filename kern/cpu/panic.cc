#include "kern/cpu/backtrace.hh"
#include "kern/cpu/exit.hh"
#include "kern/cpu/x86.hh"
#include "lib/core/assert.hh"
#include <utility>

namespace singlet {

void assertion_failed(const char* expression, const char* file, int line) {
    kern::panic("{}:{}: assertion failed: {}", file, line, expression);
}

void exercise_left_open(unsigned lab, unsigned number, const char* name, const char* file,
                        int line) {
    kern::print("\nlab {}, exercise {} ({}) is not done yet: {}:{}\n", lab, number, name, file,
                line);
}

void exercise_not_done(unsigned lab, unsigned number, const char* name, const char* file,
                       int line) {
    exercise_left_open(lab, number, name, file, line);
    kern::exit_machine(kern::ExitStatus::Failure);
}

namespace kern {

namespace {
constexpr std::uint16_t kDebugExitPort = 0xf4;
constinit bool panicking = false;
constinit void (*tell_more)() = nullptr;
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

void end_in_panic(const CallSite& site) {
    print_backtrace(site);
    if (tell_more) tell_more();
    exit_machine(ExitStatus::Panic);
}
void end_in_panic(std::uint32_t ebp) { end_in_panic(caller_of_frame(ebp)); }

void on_panic(void (*tell)()) { tell_more = tell; }

} // namespace kern
} // namespace singlet
