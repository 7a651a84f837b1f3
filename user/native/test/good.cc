// What a process may do, done: messages of many sizes at odd addresses, more memory, errors that come
// back as errors. Needs the servers echo and miser; prints how many checks held.
#include "user/native/lib/native.hh"
#include "user/native/test/check.hh"
#include <algorithm>
#include <iterator>

namespace singlet::native {

namespace {

constexpr std::uint32_t kSizes[] = {0,           1,     2,     3,     4,      5,
                                    7,           8,     64,    511,   512,    1000,
                                    4095,        4096,  4097,  8191,  8192,   12289,
                                    16384,       30000, 65535, 65536, 100000, kMostMessage - 1,
                                    kMostMessage};
std::byte out[kMostMessage + 64], back[kMostMessage + 64];

std::byte pattern(std::uint32_t i, std::uint32_t size) {
    return static_cast<std::byte>(i * 7 + (i >> 8) + size);
}

// There and back, both buffers beginning `shift` bytes into a page.
void echo(ProcessId server, std::uint32_t size, std::uint32_t shift) {
    for (std::uint32_t i = 0; i < size; i++)
        out[shift + i] = pattern(i, size);
    std::fill(std::begin(back), std::end(back), std::byte{0xee});
    Outcome reply = call(server, {out + shift, size}, {back + shift, size});
    check(reply.value == static_cast<std::int32_t>(size) && reply.extra == size, "echo's status");
    bool same = true;
    for (std::uint32_t i = 0; i < size; i++)
        same &= back[shift + i] == pattern(i, size);
    check(same, "echo's bytes");
    check((shift == 0 || back[shift - 1] == std::byte{0xee}) &&
              back[shift + size] == std::byte{0xee},
          "nothing else is written");
}

void messages(ProcessId server) {
    for (std::uint32_t size : kSizes)
        for (std::uint32_t shift : {0u, 1u, 63u})
            echo(server, size, shift);
    check(call(server, {out, kMostMessage + 1}, back).value == kTooLong, "a message too long");
    Outcome reply = call(server, {out, 100}, {back, 99});
    check(reply.value == kTooLong && reply.extra == 0, "a reply longer than the room");
    check(call(0, {}, {}).value == kGone, "nobody");
    check(call(self(), {}, {}).value == kGone, "oneself");
    check(call(server + 64, {}, {}).value == kGone, "a number to come");
    check(native::reply(server, 0, {}).value == kNotWaiting, "a reply to nobody's question");
}

// It receives into four bytes.
void short_of_room(ProcessId miser) {
    std::byte four[4], five[5];
    check(call(miser, five, four).value == kTooLong, "a request longer than the room");
    check(call(miser, four, four).value == 4, "one that fits");
}

void memory() {
    auto* first = static_cast<std::uint32_t*>(grow(3));
    check(first && std::all_of(first, first + 3 * 1024, [](auto w) { return w == 0; }), "zeros");
    first[3 * 1024 - 1] = 1;
    auto* next = static_cast<std::uint32_t*>(grow(1));
    check(next == first + 3 * 1024, "side by side");
    check(!grow(0x7fffffff) && !grow(5000), "more than there may be");
    check(grow(0) == next + 1024, "where it ends");
}

void others() {
    check(find("nobody").value == kGone, "no such process");
    check(find("a name that is much longer than any name of a module").value == kGone, "long name");
    check(find("good").value == static_cast<std::int32_t>(self()), "oneself");
    check(spawn("nobody.elf").value == kGone, "no such module");
    check(kill(static_cast<ProcessId>(find("echo").value)).value == kGone, "not a child");
    check(wait(1234567).value == kGone, "no child");
    check(kill(0).value == kGone && kill(self()).value == kGone, "nor is oneself");
    // <since lab6>
    check(open_device(9).value == kGone && irq_wait(0).value == kGone, "no device");
    check(dma_run(0, out, false).value == kGone && dma_stop(0).value == kGone, "not a driver");
    // </since>
}

// As many children as there can be, each well, and none of them afterwards.
void crowd() {
    ProcessId children[128];
    std::uint32_t count = 0;
    for (Outcome child = spawn("echo.elf"); child.good(); child = spawn("echo.elf"))
        children[count++] = static_cast<ProcessId>(child.value);
    check(count > 32 && spawn("echo.elf").value == kRefused, "there is an end to it");
    bool well = true;
    for (std::uint32_t i = 0; i < count; i++) {
        std::uint32_t back = 0;
        well &= call(children[i], bytes_of(i), room_of(back)).good() && back == i;
        well &= kill(children[i]).good() && wait(children[i]).good();
    }
    check(well, "each of a crowd");
    check(call(children[0], {}, {}).value == kGone, "one that is gone");
}

} // namespace

int main() {
    auto server = static_cast<ProcessId>(find("echo").value);
    messages(server);
    short_of_room(static_cast<ProcessId>(find("miser").value));
    memory();
    others();
    crowd();
    print("good: {} checks, {} failures\n", checks, failures);
    return failures != 0;
}

} // namespace singlet::native
