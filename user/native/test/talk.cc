// Messages of many sizes to the server echo and back, at addresses that begin anywhere in a page. The first
// may be sent before echo has come to receive it.
#include "user/native/lib/native.hh"
#include "user/native/test/check.hh"

namespace singlet::native {

namespace {

constexpr std::uint32_t kSizes[] = {5, 0, 1, 4, 4095, 4096, 4097, 8192, 20000, 65536};
std::byte out[65536 + 128], back[65536 + 128];

void talk(ProcessId server, std::uint32_t size, std::uint32_t shift) {
    for (std::uint32_t i = 0; i < size; i++) {
        out[shift + i] = static_cast<std::byte>(i * 7 + (i >> 8) + size);
        back[i + 1] = std::byte{0xee};
    }
    Outcome reply = call(server, {out + shift, size}, {back + 1, size});
    check(reply.value == static_cast<std::int32_t>(size) && reply.extra == size, "echo's status");
    bool same = true;
    for (std::uint32_t i = 0; i < size; i++)
        same &= back[1 + i] == out[shift + i];
    check(same && back[0] == std::byte{0} && back[1 + 65536] == std::byte{0}, "echo's bytes");
}

} // namespace

int main() {
    auto server = static_cast<ProcessId>(find("echo").value);
    for (std::uint32_t size : kSizes)
        for (std::uint32_t shift : {0u, 63u})
            talk(server, size, shift);
    Outcome reply = call(server, {out, 100}, {back, 99});
    check(reply.value == kTooLong && reply.extra == 0, "a reply longer than the room");
    check(call(self(), {}, {}).value == kGone, "oneself");
    check(call(server + 64, {}, {}).value == kGone, "a number to come");
    check(native::reply(server, 0, {}).value == kNotWaiting, "a reply to nobody's question");
    return failures;
}

} // namespace singlet::native
