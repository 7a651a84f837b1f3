// A system call that is under way. Nothing that a process says is believed: memory that is not its own is
// the end of it, with one sentence; a number of a process or device that is none is an error that it gets back.
#pragma once
#include "kern/native/process.hh"

namespace singlet::kern {

// What entry.S has pushed, and the processor before it.
struct CallFrame {
    std::uint32_t argument[6];
    std::uint32_t eip, cs, eflags, esp, ss;
};

struct Request {
    Process& self;
    const CallFrame& frame;
    std::uint32_t number;

    std::uint32_t operator[](std::uint32_t i) const { return frame.argument[i]; }
    ProcessId process(std::uint32_t i) const { return frame.argument[i]; }

    // Arguments i and i + 1 are memory of the caller's.
    UserRange to_read(std::uint32_t i) const {
        UserRange range{frame.argument[i], frame.argument[i + 1]};
        if (!self.space->readable(range)) [[unlikely]]
            refuse(range, "read");
        return range;
    }
    UserRange to_write(std::uint32_t i) const {
        UserRange range{frame.argument[i], frame.argument[i + 1]};
        if (!self.space->writable(range)) [[unlikely]]
            refuse(range, "write");
        return range;
    }
    bool message(std::uint32_t i) const { return frame.argument[i + 1] <= native::kMostMessage; }

    [[noreturn]] void refuse(UserRange range, std::string_view what) const;
};

// One function a system call, beside what it is about.
#define SYSTEM_CALL(name) Outcome do_##name(const Request& request);
#include "kern/native/system_calls.def"

} // namespace singlet::kern
