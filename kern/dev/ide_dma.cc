#include "kern/dev/ide_dma.hh"

#include "kern/abi/calls.hh"
#include "kern/dev/bus_master.hh"
#include "kern/dev/irq_line.hh"
#include <array>

namespace singlet::kern {

namespace {

enum Refusal : Word { kAccepted, kBusy, kOutOfBounds, kBadAlignment };

constinit std::array<Block*, kIdeChannels> blocks{}; // what each object keeps

// (object, vector, at, count). The vector is the object's from here on, unless that was busy.
Word load(const Word* arguments, BusMaster::Direction direction) {
    BusMaster& bus = bus_master(arguments[0]);
    auto& block = static_cast<Block&>(owned_at(arguments[1]));
    std::uint32_t at = arguments[2], count = arguments[3];
    if (blocks[arguments[0]]) {
        exchange_heap().release(*running_sip, block);
        return kBusy;
    }
    block.link.unlink(); // still charged to the driver
    block.hold(Holder::Nobody, nullptr);
    blocks[arguments[0]] = &block;
    bus.prepare(direction);
    if (at > block.size || count > block.size - at || !count) return kOutOfBounds;
    if ((at | count) & 1) return kBadAlignment;
    return bus.add(word(block.data()) + at, count) ? kAccepted : kOutOfBounds;
}

Block* unload(Word object, Sip& sip) {
    bus_master(object).stop();
    Block* block = std::exchange(blocks[object], nullptr);
    if (!block) return nullptr;
    sip.owned.push_back(*block);
    block->hold(Holder::Party, &sip);
    return block;
}

} // namespace

bool ide_dma_exists(std::uint32_t number) {
    return number < kIdeChannels && bus_master(number).exists();
}

bool ide_dma_claim(std::uint32_t number) { return bus_master(number).claim(); }

void ide_dma_abandon(std::uint32_t number, Sip& sip) {
    unload(number, sip);
    bus_master(number).release();
}

Word kernel_dma_read(const Word* arguments) {
    return load(arguments, BusMaster::Direction::ToMemory);
}
Word kernel_dma_write(const Word* arguments) {
    return load(arguments, BusMaster::Direction::ToDevice);
}

Word kernel_dma_run(const Word* arguments) {
    BusMaster& bus = bus_master(arguments[0]);
    if (!bus.loaded()) return 0;
    bus.start();
    wait_for_irq_line(arguments[1]);
    return 0;
}

Word kernel_dma_status(const Word* arguments) {
    return static_cast<Word>(bus_master(arguments[0]).progress());
}

Word kernel_dma_finish(const Word* arguments) {
    Block* block = unload(arguments[0], *running_sip);
    return block ? block->address : 0;
}

Word kernel_irq_wait(const Word* arguments) {
    wait_for_irq_line(arguments[0]);
    return 0;
}

} // namespace singlet::kern
