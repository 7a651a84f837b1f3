// System calls of a process about itself.
#include "kern/boot/arguments.hh"
#include "kern/dev/console.hh"
#include "kern/native/request.hh"
#include <algorithm>

namespace singlet::kern {

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

Outcome do_grow(const Request& request) {
    Result<std::uint32_t> first = request.self.space->grow(request[0]);
    return {first ? static_cast<std::int32_t>(*first) : native::kNoMemory};
}

Outcome do_self(const Request& request) { return {static_cast<std::int32_t>(request.self.id)}; }

} // namespace singlet::kern
