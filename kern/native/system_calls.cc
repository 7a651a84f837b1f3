// From INT 0x80 to the function of a system call. Who asks for what does not exist is killed.
#include "kern/dev/console.hh"
#include "kern/native/request.hh"
#include <iterator>

namespace singlet::kern {

namespace {

constexpr std::string_view kNames[] = {
#define SYSTEM_CALL(name) #name,
#include "kern/native/system_calls.def"
};

constexpr Outcome (*kCalls[])(const Request&) = {
#define SYSTEM_CALL(name) do_##name,
#include "kern/native/system_calls.def"
};

// Called by entry.S. The Outcome goes back in EAX and EDX. A number that does not exist is a sentence on
// the console and the end of the process: End::Number, and the number as its status.
extern "C" std::uint64_t process_call(std::uint32_t number, const CallFrame& frame) {
    // <lab2:entry number, frame, kCalls>
    Process& self = *running_process();
    if (number >= std::size(kCalls)) [[unlikely]] {
        print("process {}: there is no system call {}, at 0x{:08x}\n", self.name, number,
              frame.eip);
        end_process(native::End::Number, static_cast<std::int32_t>(number));
    }
    Outcome outcome = kCalls[number]({self, frame, number});
    return std::uint64_t(outcome.extra) << 32 | static_cast<std::uint32_t>(outcome.value);
    // </lab2:entry>
}

} // namespace

void Request::refuse(UserRange range, std::string_view what) const {
    print("process {}: system call {}: {} bytes at 0x{:08x} are not its own to {}, at 0x{:08x}\n",
          self.name, kNames[number], range.bytes, range.address, what, frame.eip);
    end_process(native::End::Memory, static_cast<std::int32_t>(number));
}

} // namespace singlet::kern
