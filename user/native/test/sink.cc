// A server that takes what it gets and answers with nothing. Four bytes say how much room the messages after
// them need: the kernel checks all of it each time.
#include "user/native/lib/native.hh"

namespace singlet::native {

namespace {
union {
    std::byte bytes[64 << 10];
    std::uint32_t room;
} buffer;
} // namespace

int main() {
    std::uint32_t room = sizeof buffer.room;
    Outcome request = receive({buffer.bytes, room});
    for (;;) {
        if (request.value == sizeof buffer.room) room = buffer.room;
        request = reply_receive(request.extra, 0, {}, {buffer.bytes, room});
    }
}

} // namespace singlet::native
