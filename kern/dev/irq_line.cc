#include "kern/dev/irq_line.hh"

#include "kern/cpu/irq.hh"
#include "kern/proc/thread.hh"
#include <algorithm>
#include <array>

namespace singlet::kern {

namespace {

struct Line {
    std::uint32_t pending = 0;
    Thread* waiter = nullptr;
};
constinit std::array<Line, kIrqLines> lines{};

void take_interrupt(std::uint8_t number) {
    Line& line = lines[number];
    line.pending++;
    if (line.waiter) line.waiter->wake();
}

} // namespace

bool open_irq_line(std::uint32_t line) {
    if (!claim_irq(static_cast<std::uint8_t>(line), take_interrupt)) return false;
    lines[line] = {};
    return true;
}

void close_irq_line(std::uint32_t line) {
    [[maybe_unused]] bool closed = claim_irq(static_cast<std::uint8_t>(line), nullptr);
    lines[line] = {};
}

void wait_for_irq_line(std::uint32_t number) {
    Line& line = lines[number];
    while (!line.pending) {
        line.waiter = &Thread::current();
        block();
        line.waiter = nullptr;
    }
    line.pending--;
}

bool irq_is_awaited() { return std::ranges::any_of(lines, &Line::waiter); }

} // namespace singlet::kern
