// What system calls and messages cost, between marks: 256 of each. The server sink only takes.
//
//   1  system calls that do nothing  2
//   3  messages of 1 byte  4      5  of 4 KB  6      7  of 64 KB  8
#include "user/native/lib/native.hh"

namespace singlet::native {

namespace {

constexpr std::uint32_t kTimes = 256;
std::byte message[64 << 10];

void send(ProcessId server, std::uint32_t bytes, std::uint32_t first_mark) {
    std::uint32_t room = bytes < 4 ? 4 : bytes;
    call(server, bytes_of(room), {});
    for (std::uint32_t i = 0; i < 8; i++)
        call(server, {message, bytes}, {});
    mark(first_mark);
    for (std::uint32_t i = 0; i < kTimes; i++)
        call(server, {message, bytes}, {});
    mark(first_mark + 1);
}

} // namespace

int main() {
    auto server = static_cast<ProcessId>(find("sink").value);
    mark(1);
    for (std::uint32_t i = 0; i < kTimes; i++)
        native_null();
    mark(2);
    send(server, 1, 3);
    send(server, 4096, 5);
    send(server, sizeof message, 7);
    return 0;
}

} // namespace singlet::native
