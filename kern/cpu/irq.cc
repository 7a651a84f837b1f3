#include "kern/cpu/irq.hh"

#include "kern/boot/init.hh"
#include "kern/cpu/trap.hh"
#include "kern/cpu/x86.hh"
#include "kern/proc/thread.hh"
#include "lib/core/assert.hh"
#include <array>

namespace singlet::kern {

namespace {

// 8259A data sheet: initialisation (ICW) and operation (OCW) command words.
constexpr std::uint16_t kMaster = 0x20, kSlave = 0xa0; // command ports; data is the next one
constexpr std::uint8_t kInitialise = 0x11, k8086Mode = 0x01, kEndOfInterrupt = 0x20;
constexpr std::uint8_t kReadInService = 0x0b, kCascadeLine = 2;

constinit std::array<IrqHandler, kIrqLines> handlers{};
constinit std::uint16_t masked = 0xffff & ~(1u << kCascadeLine);

void write_mask() {
    out8(kMaster + 1, static_cast<std::uint8_t>(masked));
    out8(kSlave + 1, static_cast<std::uint8_t>(masked >> 8));
}

// An interrupt that went away before it was taken arrives as the last line of its controller,
// without being in service there.
bool spurious(std::uint8_t line) {
    if (line % 8 != 7) return false;
    std::uint16_t port = line < 8 ? kMaster : kSlave;
    out8(port, kReadInService);
    bool real = in8(port) & 0x80;
    if (!real && line >= 8) out8(kMaster, kEndOfInterrupt); // the cascade line was real
    return !real;
}

bool handle_irq(TrapFrame& frame) {
    auto line = static_cast<std::uint8_t>(frame.vector - vector::kFirstIrq);
    if (spurious(line)) return true;
    if (line >= 8) out8(kSlave, kEndOfInterrupt);
    out8(kMaster, kEndOfInterrupt);
    if (handlers[line]) handlers[line](line);
    if (frame.from_outside()) preempt_if_due();
    return true;
}

void start_controllers() {
    for (std::uint16_t port : {kMaster, kSlave}) {
        bool master = port == kMaster;
        out8(port, kInitialise);
        out8(port + 1, master ? vector::kFirstIrq : vector::kFirstIrq + 8);
        out8(port + 1, master ? 1 << kCascadeLine : kCascadeLine);
        out8(port + 1, k8086Mode);
    }
    write_mask();
    for (std::uint8_t line = 0; line < kIrqLines; line++)
        set_trap_handler(vector::kFirstIrq + line, handle_irq);
}
INIT(120, start_controllers);

} // namespace

bool claim_irq(std::uint8_t line, IrqHandler handler) {
    ASSERT(line < kIrqLines);
    if (handler && handlers[line]) return false;
    handlers[line] = handler;
    if (handler)
        unmask_irq(line);
    else
        mask_irq(line);
    return true;
}

void mask_irq(std::uint8_t line) {
    InterruptsOff guard;
    masked |= static_cast<std::uint16_t>(1u << line);
    write_mask();
}

void unmask_irq(std::uint8_t line) {
    InterruptsOff guard;
    masked &= static_cast<std::uint16_t>(~(1u << line));
    write_mask();
}

} // namespace singlet::kern
