#include "kern/dev/irq_line.hh"

#include "kern/abi/calls.hh"
#include "kern/cpu/irq.hh"
#include "kern/proc/sip.hh"
#include <array>

namespace singlet::kern {

namespace {

struct Line {
    std::uint32_t pending = 0;
    Sip* waiter = nullptr;
};
constinit std::array<Line, kIrqLines> lines{};

void take_interrupt(std::uint8_t number) {
    Line& line = lines[number];
    line.pending++;
    if (line.waiter) line.waiter->thread->wake();
}

} // namespace

bool open_irq_line(std::uint32_t line) {
    lines[line] = {};
    return claim_irq(static_cast<std::uint8_t>(line), take_interrupt);
}

void close_irq_line(std::uint32_t line) {
    [[maybe_unused]] bool closed = claim_irq(static_cast<std::uint8_t>(line), nullptr);
    lines[line] = {};
}

void wait_for_irq_line(std::uint32_t number, Sip& sip) {
    Line& line = lines[number];
    while (!line.pending) {
        line.waiter = &sip;
        sip.waits_for_irq = true;
        block();
        sip.waits_for_irq = false;
        line.waiter = nullptr;
    }
    line.pending--;
}

Word kernel_irq_wait(const Word* arguments) {
    wait_for_irq_line(arguments[0], *running_sip);
    return 0;
}

} // namespace singlet::kern
