// What a C++ process has: the system calls, and printing. Freestanding; a program defines
//
//     int singlet::native::main();        // its result is the process's status
#pragma once
#include "kern/native/abi.hh"
#include "lib/core/format.hh"
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace singlet::native {

using ProcessId = std::uint32_t;

// As the kernel gives it: an Error below zero, or what was asked for; and a second word.
struct Outcome {
    std::int32_t value;
    std::uint32_t extra;
    bool good() const { return value >= 0; }
};

// The system calls as they are [kern/native/system_calls.def, start.S].
#define SYSTEM_CALL(name) extern "C" std::uint64_t native_##name(...);
#include "kern/native/system_calls.def"

inline Outcome outcome(std::uint64_t result) {
    return {static_cast<std::int32_t>(result), static_cast<std::uint32_t>(result >> 32)};
}

// ---- itself
[[noreturn]] inline void exit(int status) {
    native_exit(status);
    __builtin_unreachable();
}
inline void yield() { native_yield(); }
inline void mark(std::uint32_t number) { native_mark(number); }
inline std::uint32_t argument(std::uint32_t number) {
    return static_cast<std::uint32_t>(native_argument(number));
}
/// Null: no memory.
inline void* grow(std::uint32_t pages) {
    Outcome grown = outcome(native_grow(pages));
    return grown.value == kNoMemory ? nullptr : reinterpret_cast<void*>(grown.value);
}
inline ProcessId self() { return static_cast<ProcessId>(native_self()); }

// ---- other processes
inline Outcome find(std::string_view name) {
    return outcome(native_find(name.data(), name.size()));
}
inline Outcome spawn(std::string_view module) {
    return outcome(native_spawn(module.data(), module.size()));
}
inline Outcome kill(ProcessId child) { return outcome(native_kill(child)); }
/// How the child ended, an End, and its status.
inline Outcome wait(ProcessId child) { return outcome(native_wait(child)); }

// ---- messages
using Bytes = std::span<const std::byte>;
using Room = std::span<std::byte>;

inline Outcome call(ProcessId to, Bytes request, Room reply) {
    return outcome(native_call(to, request.data(), request.size(), reply.data(), reply.size()));
}
inline Outcome receive(Room buffer) {
    return outcome(native_receive(buffer.data(), buffer.size()));
}
inline Outcome reply(ProcessId to, std::int32_t status, Bytes message) {
    return outcome(native_reply(to, status, message.data(), message.size()));
}
inline Outcome reply_receive(ProcessId to, std::int32_t status, Bytes message, Room buffer) {
    return outcome(native_reply_receive(to, status, message.data(), message.size(), buffer.data(),
                                        buffer.size()));
}
template <class T>
Bytes bytes_of(const T& object) {
    return std::as_bytes(std::span(&object, 1));
}
template <class T>
Room room_of(T& object) {
    return std::as_writable_bytes(std::span(&object, 1));
}

// <since lab6>
// ---- drivers
inline Outcome open_device(std::uint32_t device) { return outcome(native_open_device(device)); }
inline Outcome irq_wait(std::uint32_t device) { return outcome(native_irq_wait(device)); }
inline Outcome dma_run(std::uint32_t device, Room buffer, bool to_device) {
    return outcome(native_dma_run(device, buffer.data(), buffer.size(), to_device));
}
inline Outcome dma_stop(std::uint32_t device) { return outcome(native_dma_stop(device)); }
// </since>

// ---- printing

/// A whole line at once, so that lines of processes that run at the same time do not mix.
template <class... Args>
void print(FormatString<std::type_identity_t<Args>...> text, const Args&... args) {
    char line[512];
    BufferSink sink(line);
    format_to(sink, text, args...);
    native_print(sink.text().data(), sink.text().size());
}

int main();
extern "C" int native_main();

} // namespace singlet::native
