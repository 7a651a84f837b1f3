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
    WaitQueue waiters;
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
        line.waiters.wake_all();
}

void take_interrupt(std::uint8_t number) {
    Line& line = lines[number];
    line.pending++;
    line.waiters.wake_one();
}

} // namespace

bool open_irq_line(std::uint32_t line) {
    if (!claim_irq(static_cast<std::uint8_t>(line), take_interrupt)) return false;
    lines[line].pending = 0;
    return true;
}

void close_irq_line(std::uint32_t line) {
    [[maybe_unused]] bool closed = claim_irq(static_cast<std::uint8_t>(line), nullptr);
    lines[line].pending = 0;
}

void wait_for_irq_line(std::uint32_t number) {
    Line& line = lines[number];
    std::uint32_t begin = turns_ended();
    while (!line.pending && !(patience && turns_ended() - begin >= patience)) {
        if (patience) watch_turns(turn_has_ended);
        line.waiters.wait();
    }
    if (line.pending) line.pending--;
}

bool irq_is_awaited() {
    return std::ranges::any_of(lines, [](const Line& line) { return !line.waiters.empty(); });
}

} // namespace singlet::kern
