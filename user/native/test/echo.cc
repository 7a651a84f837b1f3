// A server: each request comes back as it was, with its length as the status; where the caller has no
// room for it, nothing but an error does.
#include "user/native/lib/native.hh"

namespace singlet::native {

namespace {
std::byte buffer[kMostMessage];
}

int main() {
    Outcome request = receive(buffer);
    for (;;) {
        ProcessId caller = request.extra;
        auto bytes = static_cast<std::size_t>(request.value);
        request = reply_receive(caller, request.value, {buffer, bytes}, buffer);
        if (request.value == kTooLong) request = reply_receive(caller, kTooLong, {}, buffer);
        if (!request.good()) request = receive(buffer); // the caller has ended
    }
}

} // namespace singlet::native
