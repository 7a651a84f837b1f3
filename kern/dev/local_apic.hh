// The processor's local APIC [SDM3A 11.4], of which the kernel uses the one-shot timer: one store arms
// it, where the 8254 takes three port writes. The 8259s stay in charge of the devices: their INTR
// comes in through LINT0, as the MultiProcessor Specification's "virtual wire" has it [SDM3A 11.5.1].
#pragma once
#include <cstdint>

namespace singlet::kern {

/// Switches the local APIC on, its timer sending `vector`. False: the processor has none.
bool start_local_apic(std::uint8_t vector);

/// One interrupt after `count` units of the timer (start: greatest); 0 stops it.
void set_apic_timer(std::uint32_t count);
/// Units left.
std::uint32_t apic_timer_left();
/// To be called in each handler of an interrupt that the local APIC made itself.
void end_apic_interrupt();

} // namespace singlet::kern
