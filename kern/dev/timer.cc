#include "kern/dev/timer.hh"

#include "kern/boot/init.hh"
#include "kern/cpu/irq.hh"
#include "kern/cpu/x86.hh"
#include "kern/proc/thread.hh"
#include "lib/core/assert.hh"

namespace singlet::kern {

namespace {

constexpr std::uint32_t kInputFrequency = 1193182; // Hz [8254 data sheet; PC wiring]
constexpr std::uint16_t kChannel0 = 0x40, kCommand = 0x43;
constexpr std::uint8_t kChannel0RateGenerator = 0x34; // both bytes, mode 2, binary
constexpr std::uint32_t kDivisor = kInputFrequency / kTicksPerSecond;
static_assert(kDivisor <= 0xffff);

constinit volatile std::uint32_t tick_count = 0;

void tick(std::uint8_t) {
    tick_count = tick_count + 1;
    end_turn();
}

void start_timer() {
    out8(kCommand, kChannel0RateGenerator);
    out8(kChannel0, kDivisor & 0xff);
    out8(kChannel0, kDivisor >> 8);
    bool claimed = claim_irq(0, tick);
    ASSERT(claimed);
}
INIT(400, start_timer);

} // namespace

std::uint32_t ticks() { return tick_count; }

} // namespace singlet::kern
