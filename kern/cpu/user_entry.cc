#include "kern/cpu/user_entry.hh"

#include "kern/cpu/segments.hh"
#include "kern/cpu/trap.hh"
#include "kern/cpu/x86.hh"

namespace singlet::kern {

constinit const UserEntry* user_entry::current = nullptr;

namespace {

// SDM3A 5.8.7. With a CS of zero SYSENTER is a general protection fault.
constexpr std::uint32_t kSysenterCs = 0x174, kSysenterEsp = 0x175, kSysenterEip = 0x176;

} // namespace

void user_entry::change(const UserEntry& entry) {
    bool was_on = current && current->sysenter;
    current = &entry;
    set_gate(vector::kKernelCall, entry.interrupt, Gate::User);
    if (entry.sysenter != was_on) write_msr(kSysenterCs, entry.sysenter ? kKernelCode : 0);
}

void set_sysenter(void (*entry)(), const void* stack) {
    write_msr(kSysenterEsp, reinterpret_cast<std::uint32_t>(stack));
    write_msr(kSysenterEip, reinterpret_cast<std::uint32_t>(entry));
}

} // namespace singlet::kern
