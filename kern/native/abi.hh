// What the kernel and C++ processes agree on, beside the table of system calls.
#pragma once
#include <cstdint>

namespace singlet::native {

enum class Call : std::uint32_t {
#define SYSTEM_CALL(name) name,
#include "kern/native/system_calls.def"
    kCount
};

// Errors are negative results.
enum Error : std::int32_t {
    kGone = -1,       // no such process, module or device, or it ended meanwhile
    kTooLong = -2,    // a message longer than its receiver's room: nothing was delivered
    kNotWaiting = -3, // a reply to somebody who does not wait for one
    kNoMemory = -4,
    kInUse = -5,
    kRefused = -6, // a module that is no program, or something that is not the caller's to ask for
};

// How a process ended: the result of `wait`.
enum class End : std::uint32_t {
    Exit,   // by itself, with a status
    Fault,  // of the processor; the status is its vector
    Memory, // it gave a system call memory that is not its own
    Number, // it made a system call that does not exist
    Killed, // by its parent
};

inline constexpr std::uint32_t kMostMessage = 128 << 10; // bytes
inline constexpr std::uint32_t kMostText = 4096;         // bytes of one print

// <since lab6>
// Devices that a driver can open, once each.
inline constexpr std::uint32_t kPrimaryIde = 0; // ports 0x1f0 to 0x1f7 and 0x3f6, interrupt 14
// </since>

} // namespace singlet::native
