// A driver that ends without having stopped its transfer: the device must not write into frames that
// are somebody else's by then.
#include "user/native/lib/native.hh"
#include "user/native/test/drive.hh"

namespace singlet::native {

namespace {
alignas(4096) std::byte buffer[64 << 10];
}

int main() {
    if (!open_device(kPrimaryIde).good()) return 1;
    print("careless: has the drive\n");
    begin_read(0, sizeof buffer / kSectorBytes);
    dma_run(kPrimaryIde, buffer, false);
    asm volatile("ud2"); // and never stops it
    return 2;
}

} // namespace singlet::native
