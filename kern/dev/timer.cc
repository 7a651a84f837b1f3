#include "kern/dev/timer.hh"

#include "kern/boot/init.hh"
#include "kern/cpu/irq.hh"
#include "kern/cpu/trap.hh"
#include "kern/cpu/x86.hh"
#include "kern/dev/local_apic.hh"
#include "kern/proc/thread.hh"
#include "lib/core/assert.hh"
#include <utility>

namespace singlet::kern {

constinit bool timer::armed = false;
constinit bool timer::watched = false;

namespace {

// The 8254, channel 0: counts down once from what was written last [8254 data sheet, mode 0].
constexpr std::uint32_t kInputFrequency = 1193182; // Hz [PC wiring]
constexpr std::uint16_t kChannel0 = 0x40, kCommand = 0x43;
constexpr std::uint8_t kChannel0OneShot = 0x30; // both bytes, mode 0, binary
constexpr std::uint32_t kPitTurn = kInputFrequency / kTurnsPerSecond;
static_assert(kPitTurn <= 0xffff);

constexpr std::uint8_t kApicVector = vector::kFirstIrq + kIrqLines;

constinit volatile std::uint32_t ended = 0;
constinit void (*watcher)() = nullptr;
constinit std::uint32_t parts = timer::kWholeTurn; // of a whole turn
constinit std::uint32_t apic_turn = 0; // units of the local APIC's timer; 0: the 8254 is used

void start_pit() {
    std::uint32_t count = kPitTurn * parts / timer::kWholeTurn | 1;
    out8(kChannel0, count & 0xff);
    out8(kChannel0, static_cast<std::uint8_t>(count >> 8));
}
void stop_pit() { out8(kCommand, kChannel0OneShot); } // it waits for a new count

void run_out() {
    timer::armed = false;
    ended = ended + 1;
    if (std::exchange(timer::watched, false)) watcher();
    end_turn();
}

void take_pit_interrupt(std::uint8_t) { run_out(); }

bool take_apic_interrupt(TrapFrame& frame) {
    end_apic_interrupt(); // first, as in irq.cc
    run_out();
    if (frame.from_outside()) preempt_if_due();
    return true;
}

// How far the local APIC's timer comes in one turn of the 8254: nobody says how fast its bus is.
std::uint32_t measure_apic() {
    constexpr std::uint32_t kFrom = 0xffffffff;
    std::uint32_t before = ended;
    start_pit();
    set_apic_timer(kFrom);
    while (ended == before)
        wait_for_interrupt();
    std::uint32_t passed = kFrom - apic_timer_left();
    set_apic_timer(0);
    return passed;
}

void start_timer() {
    bool claimed = claim_irq(0, take_pit_interrupt);
    ASSERT(claimed);
    stop_pit(); // the BIOS left it running
    if (!start_local_apic(kApicVector)) return;
    set_trap_handler(kApicVector, take_apic_interrupt);
    apic_turn = measure_apic();
    mask_irq(0);
}
INIT(400, start_timer);

} // namespace

void timer::start() {
    armed = true;
    if (apic_turn)
        set_apic_timer(apic_turn / timer::kWholeTurn * parts);
    else
        start_pit();
}

void timer::set_turn(std::uint32_t new_parts) {
    parts = new_parts;
    disarm_timer();
}

void timer::stop() {
    armed = false;
    if (apic_turn)
        set_apic_timer(0);
    else
        stop_pit();
}

void watch_turns(void (*told)()) {
    watcher = told;
    timer::watched = true;
    arm_timer();
}

std::uint32_t turns_ended() { return ended; }

} // namespace singlet::kern
