#include "kern/dev/serial.hh"

#include "kern/cpu/x86.hh"

namespace singlet::kern::serial {

namespace {

// Registers from the port's base [PC16550D data sheet, table 2].
constexpr std::uint16_t kBase = 0x3f8;
constexpr std::uint16_t kData = kBase, kInterruptEnable = kBase + 1, kDivisorHigh = kBase + 1;
constexpr std::uint16_t kFifoControl = kBase + 2, kLineControl = kBase + 3, kLineStatus = kBase + 5;
constexpr std::uint8_t kDivisorLatch = 0x80, kEightBitsNoParity = 0x03, kEnableFifo = 0x01;
constexpr std::uint8_t kDataReady = 0x01, kTransmitterEmpty = 0x20;
constexpr std::uint8_t kNothing = 0xff; // what a port reads as that is not there
constinit bool ready = false;

void start() {
    out8(kInterruptEnable, 0);
    out8(kLineControl, kDivisorLatch);
    out8(kData, 1); // 115200 baud
    out8(kDivisorHigh, 0);
    out8(kLineControl, kEightBitsNoParity);
    out8(kFifoControl, kEnableFifo);
    ready = true;
}

} // namespace

void put(char c) {
    if (!ready) start();
    // A machine without the port reads 0xff: the bit is set, and nothing waits.
    while (!(in8(kLineStatus) & kTransmitterEmpty)) {
    }
    out8(kData, static_cast<std::uint8_t>(c));
}

char get() {
    if (!ready) start();
    while (!(in8(kLineStatus) & kDataReady)) {
    }
    return static_cast<char>(in8(kData));
}

bool exists() { return in8(kLineStatus) != kNothing; }

} // namespace singlet::kern::serial
