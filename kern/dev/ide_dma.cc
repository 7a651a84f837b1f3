#include "kern/dev/ide_dma.hh"

#include "kern/abi/calls.hh"
#include "kern/boot/init.hh"
#include "kern/cpu/x86.hh"
#include "kern/dev/irq_line.hh"
#include "kern/dev/pci.hh"
#include "lib/core/clock_page.hh"
#include <algorithm>
#include <array>

namespace singlet::kern {

namespace {

// PIIX3 data sheet, 2.7 (also "Programming Interface for Bus Master IDE Controller"): registers of
// a channel, from its base port.
constexpr std::uint16_t kCommand = 0, kStatus = 2, kTable = 4, kChannelSpan = 8;
constexpr std::uint8_t kStart = 1, kToMemory = 8;               // command
constexpr std::uint8_t kActive = 1, kError = 2, kInterrupt = 4; // status; written 1: cleared

// A physical region: even address, even length (0 means 64 KB), not across 64 KB.
struct Region {
    std::uint32_t address;
    std::uint16_t bytes;
    std::uint16_t end_of_table; // 0x8000 in the last
};
static_assert(sizeof(Region) == 8);
constexpr std::uint32_t kRegionSpan = 0x10000, kEndOfTable = 0x8000;

enum Refusal : Word { kAccepted, kBusy, kOutOfBounds, kBadAlignment };
enum Progress : Word { kDone, kRunning, kFailed, kIdle };

struct Channel {
    std::uint16_t port = 0;
    Block* block = nullptr;
    bool loaded = false, running = false;
    std::uint8_t direction = 0;
    std::uint32_t address = 0, count = 0; // of the bytes

    void stop() {
        if (running) {
            out8(port + kCommand, 0);
            if (direction == kToMemory) clock_page.device_wrote(address, count);
        }
        running = loaded = false;
    }
};
constinit std::array<Channel, kIdeChannels> channels{};
// The table must not cross 64 KB.
constexpr std::uint32_t kRegions = 512;
alignas(kPageSize) constinit Region tables[kIdeChannels][kRegions]{};

// Describes `count` bytes from `address`; false when they take more regions than the table has.
bool fill_table(Region* table, std::uint32_t address, std::uint32_t count) {
    std::uint32_t used = 0;
    while (count) {
        if (used == kRegions) return false;
        std::uint32_t piece = std::min(count, kRegionSpan - address % kRegionSpan);
        count -= piece;
        table[used++] = {address, static_cast<std::uint16_t>(piece),
                         static_cast<std::uint16_t>(count ? 0 : kEndOfTable)};
        address += piece;
    }
    return true;
}

// (object, vector, at, count). The vector is the object's from here on, unless that was busy.
Word load(const Word* arguments, std::uint8_t direction) {
    Channel& channel = channels[arguments[0]];
    auto& block = static_cast<Block&>(owned_at(arguments[1]));
    std::uint32_t at = arguments[2], count = arguments[3];
    if (channel.block) {
        exchange_heap().release(*running_sip, block);
        return kBusy;
    }
    block.link.unlink(); // still charged to the driver
    block.hold(Holder::Nobody, nullptr);
    channel.block = &block;
    channel.loaded = false;
    channel.direction = direction;
    if (at > block.size || count > block.size - at || !count) return kOutOfBounds;
    if ((at | count) & 1) return kBadAlignment;
    channel.address = word(block.data()) + at;
    channel.count = count;
    if (!fill_table(tables[arguments[0]], channel.address, count)) return kOutOfBounds;
    channel.loaded = true;
    return kAccepted;
}

Block* unload(Channel& channel, Sip& sip) {
    channel.stop();
    Block* block = std::exchange(channel.block, nullptr);
    if (!block) return nullptr;
    sip.owned.push_back(*block);
    block->hold(Holder::Party, &sip);
    return block;
}

void find_controller() {
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
        channels[i].port = static_cast<std::uint16_t>((bar & 0xfffc) + i * kChannelSpan);
}
INIT(540, find_controller);

} // namespace

bool ide_dma_exists(std::uint32_t number) { return number < kIdeChannels && channels[number].port; }

void ide_dma_abandon(std::uint32_t number, Sip& sip) { unload(channels[number], sip); }

Word kernel_dma_read(const Word* arguments) { return load(arguments, kToMemory); }
Word kernel_dma_write(const Word* arguments) { return load(arguments, 0); }

Word kernel_dma_run(const Word* arguments) {
    Channel& channel = channels[arguments[0]];
    if (!channel.loaded) return 0;
    out8(channel.port + kCommand, channel.direction);
    out32(channel.port + kTable, address_of(tables[arguments[0]]));
    out8(channel.port + kStatus, kError | kInterrupt);
    out8(channel.port + kCommand, channel.direction | kStart);
    channel.loaded = false;
    channel.running = true;
    wait_for_irq_line(arguments[1], *running_sip);
    return 0;
}

Word kernel_dma_status(const Word* arguments) {
    Channel& channel = channels[arguments[0]];
    if (!channel.running) return kIdle;
    std::uint8_t status = in8(channel.port + kStatus);
    if (status & kError) return kFailed;
    return status & kActive || !(status & kInterrupt) ? kRunning : kDone;
}

Word kernel_dma_finish(const Word* arguments) {
    Block* block = unload(channels[arguments[0]], *running_sip);
    return block ? block->address : 0;
}

} // namespace singlet::kern
