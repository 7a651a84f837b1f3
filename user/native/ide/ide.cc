// The disk driver as a C++ process: an IDE drive on the primary channel, for whoever calls. The twin of
// user/ide as far as reading goes: it asks the drive the same and in the same order. Its ports are open to it by the I/O
// permission bitmap; the bus master is the kernel's, which lets the device write into the driver's own
// buffer and nowhere else. From there a reply copies what was read.
#include "user/native/lib/disk.hh"
#include "user/native/lib/native.hh"
#include "user/native/lib/ports.hh"

namespace singlet::native {

namespace {

// [ATA 9.5]: the task file, and the control register.
constexpr std::uint16_t kData = 0x1f0, kCount = 0x1f2, kLba0 = 0x1f3, kLba1 = 0x1f4, kLba2 = 0x1f5,
                        kSelect = 0x1f6, kStatus = 0x1f7, kControl = 0x3f6;
constexpr std::uint8_t kBusy = 0x80, kFault = 0x20, kWantsData = 0x08, kError = 0x01;
constexpr std::uint8_t kQuiet = 2, kReset = 4;
constexpr std::uint8_t kIdentify = 0xec, kReadDma = 0xc8, kReadDmaExtended = 0x25;
constexpr std::uint8_t kLba = 0xe0;                 // LBA addressing, drive 0
constexpr std::uint64_t kLba28Sectors = 0x10000000; // what 28 bits of address reach
constexpr std::uint32_t kPollLimit = 30'000'000;    // of about 1 us each
constexpr int kMostLooks = 4; // interrupts, or times without one, before a command counts as lost
constexpr std::int32_t kTransferDone = 0, kNotIdle = 0xff; // BusMaster::Progress; no drive

alignas(4096) std::byte buffer[kMostSectors * kSectorBytes];
std::uint64_t sectors = 0; // of the drive; 0: there is none that we can use

// The drive's status when it is not busy; kNotIdle if it stays so or is not there.
std::int32_t wait_idle() {
    for (std::uint32_t i = 0; i < kPollLimit; i++) {
        std::uint8_t status = in8(kStatus);
        if (status == 0xff) return kNotIdle; // nobody drives the lines
        if (!(status & kBusy)) return status;
    }
    return kNotIdle;
}

// A drive that was left in the middle of a command has to be reset.
void calm() {
    std::uint8_t status = in8(kStatus);
    if (status == 0xff || !(status & (kBusy | kWantsData))) return;
    out8(kControl, kReset | kQuiet);
    for (int i = 0; i < 16; i++)
        in8(kControl); // 5 us have to pass [ATA 9.2]
    out8(kControl, kQuiet);
}

// The drive has lost a command: the next one shall find it idle.
void recover() {
    print("ide: the drive does not answer\n");
    calm();
    if (wait_idle() == kNotIdle) sectors = 0;
    out8(kControl, 0);
}

std::uint64_t sectors_of(const std::uint16_t (&words)[256]) {
    if (!(words[49] & 0x100)) return 0; // no DMA
    if (words[83] & 0x400)
        return words[100] | std::uint64_t(words[101]) << 16 | std::uint64_t(words[102]) << 32;
    return words[60] | std::uint32_t(words[61]) << 16;
}

// Asks the drive what it is, and lets it interrupt from then on.
void identify() {
    out8(kControl, kQuiet);
    calm();
    if (wait_idle() == kNotIdle) return;
    out8(kSelect, kLba);
    if (wait_idle() == kNotIdle) return;
    for (std::uint16_t port = kCount; port <= kLba2; port++)
        out8(port, 0);
    out8(kStatus, kIdentify);
    std::int32_t status = wait_idle();
    // Status 0 is an empty cable; an error or other lba registers are a drive that is no ATA disk.
    if (status == 0 || status == kNotIdle || status & kError || !(status & kWantsData)) return;
    if (in8(kLba1) || in8(kLba2)) return;
    std::uint16_t words[256];
    for (std::uint16_t& word : words)
        word = in16(kData);
    sectors = sectors_of(words);
    out8(kControl, 0);
}

void write_address(std::uint32_t count, std::uint32_t lba) {
    out8(kCount, static_cast<std::uint8_t>(count));
    out8(kLba0, static_cast<std::uint8_t>(lba));
    out8(kLba1, static_cast<std::uint8_t>(lba >> 8));
    out8(kLba2, static_cast<std::uint8_t>(lba >> 16));
}

// Address and command: with 28 bits where they reach, with 48 beyond.
void command(std::uint64_t lba, std::uint32_t count) {
    auto low = static_cast<std::uint32_t>(lba);
    if (lba + count <= kLba28Sectors) {
        out8(kSelect, static_cast<std::uint8_t>(kLba | low >> 24));
        write_address(count, low);
        out8(kStatus, kReadDma);
    } else {
        out8(kSelect, kLba);
        write_address(count >> 8, static_cast<std::uint32_t>(lba >> 24)); // the high half first
        write_address(count, low & 0xffffff);
        out8(kStatus, kReadDmaExtended);
    }
}

// Into the buffer; false if the drive fails. An interrupt is only a reason to look: what counts is the
// drive's status, and reading it tells the drive that its interrupt was seen.
bool read(std::uint64_t lba, std::uint32_t count) {
    if (wait_idle() == kNotIdle) return false;
    command(lba, count);
    if (!dma_run(kPrimaryIde, {buffer, count * kSectorBytes}, false).good()) return false;
    std::uint8_t status = in8(kStatus);
    for (int looks = 1; status & (kBusy | kWantsData) && looks < kMostLooks; looks++) {
        irq_wait(kPrimaryIde);
        status = in8(kStatus);
    }
    bool good = dma_stop(kPrimaryIde).value == kTransferDone;
    if (status & (kBusy | kWantsData)) recover();
    return good && !(status & (kBusy | kWantsData | kError | kFault));
}

// The status of the reply, whose bytes are in `answer`.
std::int32_t serve(const DiskRequest& request, Bytes& answer) {
    if (!sectors) return kNoDisk;
    if (request.what == DiskRequest::What::Size) {
        answer = bytes_of(sectors);
        return 0;
    }
    if (request.what != DiskRequest::What::Read) return kNoDiskRequest;
    bool exist = request.count && request.count <= kMostSectors && request.first < sectors &&
                 request.count <= sectors - request.first;
    if (!exist) return kNoSuchSectors;
    if (!read(request.first, request.count)) return kDriveFailed;
    answer = {buffer, request.count * kSectorBytes};
    return static_cast<std::int32_t>(answer.size());
}

} // namespace

int main() {
    if (!open_device(kPrimaryIde).good()) {
        print("ide: the device is not to be had\n");
        return 1;
    }
    identify();
    if (sectors)
        print("ide: a disk of {} sectors\n", sectors);
    else
        print("ide: no disk on the primary channel\n");
    DiskRequest request;
    Outcome asked = receive(room_of(request));
    for (;;) {
        if (!asked.good()) asked = receive(room_of(request)); // its reply had no taker
        bool whole = asked.value == sizeof request;
        Bytes answer;
        std::int32_t status = whole ? serve(request, answer) : kNoDiskRequest;
        asked = reply_receive(asked.extra, status, answer, room_of(request));
    }
}

} // namespace singlet::native
