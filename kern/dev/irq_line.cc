#include "kern/dev/irq_line.hh"

#include "kern/boot/options.hh"
#include "kern/cpu/irq.hh"
#include "kern/dev/timer.hh"
#include "kern/proc/thread.hh"
#include <algorithm>
#include <array>
#include <charconv>

namespace singlet::kern {

namespace {

struct Line {
    std::uint32_t pending = 0;
    Thread* waiter = nullptr;
};
constinit std::array<Line, kIrqLines> lines{};
constinit std::uint32_t patience = 0; // turns that a wait lasts at most; 0: for ever

bool set_irqwait(std::string_view value) {
    constexpr std::uint32_t kMost = 3600;
    std::uint32_t seconds = 0;
    auto [end, error] = std::from_chars(value.begin(), value.end(), seconds);
    patience = seconds * kTurnsPerSecond;
    return error == std::errc() && end == value.end() && seconds <= kMost;
}
OPTION(irqwait, set_irqwait, "seconds up to 3600, 0 to wait for ever");

// Whoever waits looks at the time.
void turn_has_ended() {
    for (Line& line : lines)
        if (line.waiter) line.waiter->wake();
}

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
    std::uint32_t begin = turns_ended();
    while (!line.pending && !(patience && turns_ended() - begin >= patience)) {
        line.waiter = &Thread::current();
        if (patience) watch_turns(turn_has_ended);
        block();
        line.waiter = nullptr;
    }
    if (line.pending) line.pending--;
}

bool irq_is_awaited() { return std::ranges::any_of(lines, &Line::waiter); }

} // namespace singlet::kern
