// The driver after one that ended: it waits until the device is free, and finds it in order. Its own ports
// are open to it then, others are not, and what the bus master may not do is refused.
#include "user/native/lib/native.hh"
#include "user/native/test/check.hh"
#include "user/native/test/drive.hh"

namespace singlet::native {

namespace {

alignas(4096) std::byte buffer[3 * 4096];

void refusals() {
    check(open_device(kPrimaryIde).value == kInUse, "it has the device already");
    check(dma_run(kPrimaryIde, {buffer + 1, 512}, false).value == kRefused, "an odd address");
    check(dma_run(kPrimaryIde, {buffer, 511}, false).value == kRefused, "an odd count");
    check(dma_run(kPrimaryIde, {buffer, 0}, false).value == kRefused, "nothing at all");
    check(dma_stop(kPrimaryIde).value == 3, "no transfer");
}

// Across pages: the end of the first, all of the second, the beginning of the third.
void transfer() {
    std::byte* to = buffer + 4096 - 512;
    begin_read(0, 10);
    check(dma_run(kPrimaryIde, {to, 10 * kSectorBytes}, false).good(), "it can be used");
    check((in8(0x1f7) & 0x89) == 0, "the drive is well");
    check(dma_stop(kPrimaryIde).value == 0, "the transfer is done");
    check(to[510] == std::byte{0x55} && to[511] == std::byte{0xaa}, "a boot sector");
    check(to[512] == std::byte{'R'} && to[513] == std::byte{'R'}, "FAT32's next one");
    check(to[6 * 512 + 510] == std::byte{0x55}, "its twin, a page further on");
    check(buffer[0] == std::byte{0} && to[10 * 512] == std::byte{0}, "nothing else");
}

} // namespace

int main() {
    while (open_device(kPrimaryIde).value == kInUse)
        yield();
    refusals();
    transfer();
    print("heir: {} checks, {} failures\n", checks, failures);
    in8(0x21); // the interrupt controller's: not its own, now as before
    return 1;
}

} // namespace singlet::native
