// How CPL 3 enters the kernel on purpose: INT 0x80, and SYSENTER where it is switched on. SIPs and
// C++ processes have different system calls, so whoever is switched to says whose they are.
#pragma once

namespace singlet::kern {

struct UserEntry {
    void (*interrupt)();   // entry code of INT 0x80
    bool sysenter = false; // else SYSENTER is a general protection fault
};

namespace user_entry {
extern const UserEntry* current;
void change(const UserEntry& entry);
} // namespace user_entry

/// From now on CPL 3 enters by `entry`, which is never gone. Cheap when it does already.
inline void enter_kernel_by(const UserEntry& entry) {
    if (user_entry::current != &entry) [[unlikely]]
        user_entry::change(entry);
}

/// Where SYSENTER goes when it is on [SDM2B SYSENTER]: the entry code, and the address of what it
/// finds in ESP. It stays off until somebody enters by it.
void set_sysenter(void (*entry)(), const void* stack);

} // namespace singlet::kern
