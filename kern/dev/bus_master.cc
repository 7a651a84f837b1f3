#include "kern/dev/bus_master.hh"

#include "kern/boot/init.hh"
#include "kern/cpu/x86.hh"
#include "kern/dev/pci.hh"
#include "kern/mem/layout.hh"
#include "lib/core/assert.hh"
#include "lib/core/clock_page.hh"
#include <algorithm>
#include <array>
#include <utility>

namespace singlet::kern {

// A physical region: even address, even length (0 means 64 KB), not across 64 KB.
struct BusMaster::Region {
    std::uint32_t address;
    std::uint16_t bytes;
    std::uint16_t end_of_table; // 0x8000 in the last
};

namespace {

// Registers of a channel, from its base port (also "Programming Interface for Bus Master IDE
// Controller").
constexpr std::uint16_t kCommand = 0, kStatus = 2, kTable = 4, kChannelSpan = 8;
constexpr std::uint8_t kStart = 1;                              // command
constexpr std::uint8_t kActive = 1, kError = 2, kInterrupt = 4; // status; written 1: cleared

constexpr std::uint32_t kRegionSpan = 0x10000, kEndOfTable = 0x8000;
// The table must not cross 64 KB.
constexpr std::uint32_t kTableBytes = kPageSize;
alignas(kPageSize) constinit std::byte tables[kIdeChannels][kTableBytes]{};

constinit std::array<BusMaster, kIdeChannels> bus_masters{};

} // namespace

BusMaster& bus_master(std::uint32_t channel) { return bus_masters[channel]; }

BusMaster::Region* BusMaster::table() const {
    static_assert(sizeof(Region) == 8);
    return reinterpret_cast<Region*>(tables[this - bus_masters.data()]);
}

bool BusMaster::claim() { return !std::exchange(claimed_, true); }

void BusMaster::release() {
    stop();
    claimed_ = false;
}

void BusMaster::prepare(Direction direction) {
    ASSERT(!running_);
    direction_ = direction;
    loaded_ = false;
    regions_ = 0;
}

bool BusMaster::add(std::uint32_t address, std::uint32_t bytes) {
    Region* regions = table();
    if (regions_) regions[regions_ - 1].end_of_table = 0;
    while (bytes) {
        if (regions_ == kTableBytes / sizeof(Region)) return loaded_ = false;
        std::uint32_t piece = std::min(bytes, kRegionSpan - address % kRegionSpan);
        regions[regions_++] = {address, static_cast<std::uint16_t>(piece), 0};
        address += piece;
        bytes -= piece;
    }
    if (regions_) regions[regions_ - 1].end_of_table = kEndOfTable;
    return loaded_ = regions_;
}

void BusMaster::start() {
    ASSERT(loaded_ && !running_);
    auto direction = static_cast<std::uint8_t>(direction_);
    out8(port_ + kCommand, direction);
    out32(port_ + kTable, address_of(table()));
    out8(port_ + kStatus, kError | kInterrupt);
    out8(port_ + kCommand, direction | kStart);
    loaded_ = false;
    running_ = true;
}

BusMaster::Progress BusMaster::progress() const {
    if (!running_) return Progress::Idle;
    std::uint8_t status = in8(port_ + kStatus);
    if (status & kError) return Progress::Failed;
    return status & kActive || !(status & kInterrupt) ? Progress::Running : Progress::Done;
}

void BusMaster::stop() {
    if (running_) {
        out8(port_ + kCommand, 0);
        for (std::uint32_t i = 0; direction_ == Direction::ToMemory && i < regions_; i++) {
            const Region& region = table()[i];
            clock_page.device_wrote(region.address, region.bytes ? region.bytes : kRegionSpan);
        }
    }
    running_ = loaded_ = false;
}

void find_bus_masters() {
    constexpr std::uint16_t kIdeController = 0x0101;
    constexpr std::uint8_t kCommandRegister = 0x04, kBar4 = 0x20;
    constexpr std::uint32_t kIoSpace = 1, kBusMaster = 4;
    pci::Device device;
    if (!pci::find(kIdeController, device)) return;
    std::uint32_t bar = pci::read(device, kBar4);
    if (!(bar & 1) || !(bar & 0xfffc)) return;
    pci::write(device, kCommandRegister,
               pci::read(device, kCommandRegister) | kIoSpace | kBusMaster);
    for (std::uint16_t i = 0; i < kIdeChannels; i++)
        bus_masters[i].port_ = static_cast<std::uint16_t>((bar & 0xfffc) + i * kChannelSpan);
}
INIT(540, find_bus_masters);

} // namespace singlet::kern
