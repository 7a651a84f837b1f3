// The timer that ends turns. It is one-shot and runs only while somebody waits for the processor: an
// idle machine, or one with a single thread to run, takes no timer interrupts at all. So a run under
// a clock that counts instructions does not depend on how long the host took to read the disk.
//
// It is the local APIC's; on a processor without one, the 8254's channel 0.
#pragma once
#include <cstdint>

namespace singlet::kern {

inline constexpr std::uint32_t kTurnsPerSecond = 100;

/// How often the timer has run out since boot.
std::uint32_t turns_ended();

namespace timer {

extern bool armed;   // an interrupt will come; set by start(), cleared as it comes
extern bool watched; // somebody wants to be told of it
void start();
void stop();

/// How long turns are from now on, in parts of 10 ms: for tests that want them to end anywhere.
inline constexpr std::uint32_t kWholeTurn = 1024;
void set_turn(std::uint32_t parts);

} // namespace timer

/// The turn of whoever runs ends 10 ms from now, if no end was set before.
inline void arm_timer() {
    if (!timer::armed) [[unlikely]]
        timer::start();
}
/// As arm_timer(), and the end of this turn comes also if the machine is idle: it is told then.
void watch_turns(void (*told)());
/// No interrupt will come but one that is on its way already, or is watched.
inline void disarm_timer() {
    if (timer::armed && !timer::watched) timer::stop();
}

} // namespace singlet::kern
