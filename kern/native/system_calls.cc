// System calls of C++ processes. Nothing that a process says is believed: a number that does not exist
// or memory that is not its own is the end of it, with one sentence; a number of a process or device
// that is none is an error that it gets back.
#include "kern/boot/arguments.hh"
#include "kern/dev/console.hh"
#include "kern/native/devices.hh"
#include "kern/native/rendezvous.hh"
#include <iterator>

namespace singlet::kern {

namespace {

// What entry.S has pushed, and the processor before it.
struct CallFrame {
    std::uint32_t argument[6];
    std::uint32_t eip, cs, eflags, esp, ss;
};

constexpr std::string_view kNames[] = {
#define SYSTEM_CALL(name) #name,
#include "kern/native/system_calls.def"
};

// A system call that is under way.
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

    [[noreturn]] void refuse(UserRange range, std::string_view what) const {
        print("process {}: system call {}: {} bytes at 0x{:08x} are not its own to {}, at "
              "0x{:08x}\n",
              self.name, kNames[number], range.bytes, range.address, what, frame.eip);
        end_process(native::End::Memory, static_cast<std::int32_t>(number));
    }
};

Outcome from(const Result<std::uint32_t>& result) {
    return {result ? static_cast<std::int32_t>(*result) : native::kNoMemory};
}

// A short name that the caller gave.
struct Name {
    char text[32];
    std::uint32_t length = 0;

    explicit Name(const Request& request) {
        UserRange range = request.to_read(0);
        if (range.bytes > sizeof text) return;
        length = range.bytes;
        request.self.space->copy_in(text, range);
    }
    operator std::string_view() const { return {text, length}; }
};

Outcome do_exit(const Request& request) {
    end_process(native::End::Exit, static_cast<std::int32_t>(request[0]));
}

Outcome do_print(const Request& request) {
    UserRange text = request.to_read(0);
    if (text.bytes > native::kMostText) return {native::kTooLong};
    for (std::uint32_t done = 0; done < text.bytes;) {
        char piece[256];
        std::uint32_t bytes = std::min<std::uint32_t>(sizeof piece, text.bytes - done);
        request.self.space->copy_in(piece, {text.address + done, bytes});
        console().put({piece, bytes});
        done += bytes;
    }
    return {};
}

Outcome do_yield(const Request&) {
    yield();
    return {};
}

Outcome do_null(const Request&) { return {}; }

Outcome do_argument(const Request& request) {
    return {static_cast<std::int32_t>(boot_argument(request[0]))};
}

Outcome do_mark(const Request& request) {
    emit_mark(request[0]);
    return {};
}

Outcome do_grow(const Request& request) { return from(request.self.space->grow(request[0])); }

Outcome do_self(const Request& request) { return {static_cast<std::int32_t>(request.self.id)}; }

Outcome do_find(const Request& request) {
    Name name(request);
    Process* found = find_process(std::string_view(name));
    return {found ? static_cast<std::int32_t>(found->id) : native::kGone};
}

Outcome do_spawn(const Request& request) {
    Name name(request);
    const BootModule* module = find_module(name);
    if (!module) return {native::kGone};
    auto child = create_process(*module, &request.self);
    if (!child) {
        print("spawn {}: refused: {}\n", module->name, child.error());
        return {native::kRefused};
    }
    if (start_process(**child)) return {static_cast<std::int32_t>((*child)->id)};
    reap_process(**child);
    return {native::kNoMemory};
}

Outcome do_kill(const Request& request) {
    Process* child = find_process(request.process(0));
    if (!child || child->parent != &request.self) return {native::kGone};
    kill_process(*child);
    return {};
}

Outcome do_wait(const Request& request) { return wait_for_child(request.self, request.process(0)); }

Outcome do_call(const Request& request) {
    UserRange message = request.to_read(1), room = request.to_write(3);
    if (!request.message(1)) return {native::kTooLong};
    return call(request.self, request.process(0), message, room);
}

Outcome do_receive(const Request& request) { return receive(request.self, request.to_write(0)); }

Outcome do_reply(const Request& request) {
    UserRange message = request.to_read(2);
    if (!request.message(2)) return {native::kTooLong};
    return reply(request.self, request.process(0), static_cast<std::int32_t>(request[1]), message);
}

Outcome do_reply_receive(const Request& request) {
    UserRange message = request.to_read(2), buffer = request.to_write(4);
    if (!request.message(2)) return {native::kTooLong};
    return reply_receive(request.self, request.process(0), static_cast<std::int32_t>(request[1]),
                         message, buffer);
}

Outcome do_open_device(const Request& request) { return open_device(request.self, request[0]); }

Outcome do_irq_wait(const Request& request) { return await_device(request.self, request[0]); }

Outcome do_dma_run(const Request& request) {
    bool to_device = request[3];
    UserRange buffer = to_device ? request.to_read(1) : request.to_write(1);
    return run_transfer(request.self, request[0], buffer, to_device);
}

Outcome do_dma_stop(const Request& request) { return stop_transfer(request.self, request[0]); }

constexpr Outcome (*kCalls[])(const Request&) = {
#define SYSTEM_CALL(name) do_##name,
#include "kern/native/system_calls.def"
};

// Called by entry.S. The Outcome goes back in EAX and EDX.
extern "C" std::uint64_t process_call(std::uint32_t number, const CallFrame& frame) {
    Process& self = *running_process();
    if (number >= std::size(kCalls)) [[unlikely]] {
        print("process {}: there is no system call {}, at 0x{:08x}\n", self.name, number,
              frame.eip);
        end_process(native::End::Number, static_cast<std::int32_t>(number));
    }
    Outcome outcome = kCalls[number]({self, frame, number});
    return std::uint64_t(outcome.extra) << 32 | static_cast<std::uint32_t>(outcome.value);
}

} // namespace

} // namespace singlet::kern
