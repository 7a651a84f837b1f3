#include "kern/dev/local_apic.hh"

#include "kern/cpu/trap.hh"
#include "kern/cpu/x86.hh"
#include "kern/mem/paging.hh"
#include "lib/core/assert.hh"

namespace singlet::kern {

namespace {

// SDM3A 11.4.1, table 11-1: registers, each in 16 bytes of its own.
enum class Register : std::uint32_t {
    TaskPriority = 0x80,
    EndOfInterrupt = 0xb0,
    Spurious = 0xf0,
    LvtTimer = 0x320,
    LvtLint0 = 0x350,
    LvtLint1 = 0x360,
    LvtError = 0x370,
    InitialCount = 0x380,
    CurrentCount = 0x390,
    Divide = 0x3e0,
};
constexpr std::uint32_t kBase = 0xfee00000;
constexpr std::uint32_t kSoftwareEnable = 1u << 8;                                    // Spurious
constexpr std::uint32_t kMasked = 1u << 16, kDeliverNmi = 4u << 8, kExtInt = 7u << 8; // LVT
constexpr std::uint32_t kDivideBy16 = 3;                                              // Divide

// CPUID.1:EDX and IA32_APIC_BASE [SDM3A 11.4.3, 11.4.4].
constexpr std::uint32_t kCpuidMsr = 1u << 5, kCpuidApic = 1u << 9;
constexpr std::uint32_t kApicBaseMsr = 0x1b, kApicBaseEnable = 1u << 11;

// "The four low bits are set" holds for all processors [SDM3A 11.9]; it gets no EOI.
constexpr std::uint8_t kSpuriousVector = 0x3f;
bool ignore_spurious(TrapFrame&) { return true; }

volatile std::uint32_t& apic(Register reg) {
    return *reinterpret_cast<volatile std::uint32_t*>(kBase + static_cast<std::uint32_t>(reg));
}

} // namespace

bool start_local_apic(std::uint8_t vector) {
    std::uint32_t features = cpuid(1).edx;
    if (!(features & kCpuidApic) || !(features & kCpuidMsr)) return false;
    write_msr(kApicBaseMsr, kBase | (read_msr(kApicBaseMsr) & 0xfff) | kApicBaseEnable);
    map_device(PhysAddr(kBase));
    set_trap_handler(kSpuriousVector, ignore_spurious);
    apic(Register::TaskPriority) = 0;
    apic(Register::Spurious) = kSoftwareEnable | kSpuriousVector; // before the LVT can be unmasked
    apic(Register::LvtLint0) = kExtInt;
    apic(Register::LvtLint1) = kDeliverNmi;
    apic(Register::LvtError) = kMasked;
    apic(Register::Divide) = kDivideBy16;
    apic(Register::InitialCount) = 0;
    apic(Register::LvtTimer) = vector; // one-shot
    return true;
}

void set_apic_timer(std::uint32_t count) { apic(Register::InitialCount) = count; }
std::uint32_t apic_timer_left() { return apic(Register::CurrentCount); }
void end_apic_interrupt() { apic(Register::EndOfInterrupt) = 0; }

} // namespace singlet::kern
