#include "kern/cpu/trap.hh"

#include "kern/boot/init.hh"
#include "kern/cpu/backtrace.hh"
#include "kern/cpu/exit.hh"
#include "kern/cpu/segments.hh"
#include "kern/cpu/stack.hh"
#include "kern/cpu/x86.hh"
#include "kern/mem/layout.hh"
#include "lib/core/assert.hh"
#include <array>
#include <span>
#include <utility>

namespace singlet::kern {

namespace {

extern "C" const TrapEntry __traps_start[], __traps_end[];
extern "C" char trap_stubs[];
constexpr std::uint32_t kStubSize = 16;

// SDM3A 6.11: an interrupt gate.
struct GateDescriptor {
    std::uint16_t offset_low, selector;
    std::uint8_t zero, access;
    std::uint16_t offset_high;
};
static_assert(sizeof(GateDescriptor) == 8);
constexpr std::uint8_t kInterruptGate = 0x8e, kTaskGate = 0x85;

constinit std::array<GateDescriptor, 256> table{};
constinit std::array<TrapHandler, 256> handlers{};
constinit TrapHandler outside_fault_handler = nullptr;

constexpr const char* kNames[32] = {
    "divide error",
    "debug exception",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available (floating point is not for the kernel)",
    "double fault",
    "coprocessor segment overrun",
    "invalid TSS",
    "segment not present",
    "stack-segment fault",
    "general protection fault",
    "page fault",
    "exception 15",
    "x87 floating-point error",
    "alignment check",
    "machine check",
    "SIMD floating-point exception",
    "virtualization exception",
    "control protection exception",
    "exception 22",
    "exception 23",
    "exception 24",
    "exception 25",
    "exception 26",
    "exception 27",
    "hypervisor injection exception",
    "VMM communication exception",
    "security exception",
    "exception 31",
};

// SDM3A 4.7: the error code of a page fault. Without kPresent nothing was mapped there, with it what
// was mapped did not allow this access.
constexpr std::uint32_t kPresent = 1, kWrite = 2, kUser = 4, kReserved = 8;

// Says what is behind "page fault": the access, its address, why it was refused, who tried.
//   ": write to 0x00000010, not present, at CPL 0"
//   ": read of 0x40000000, not allowed, reserved bit set, at CPL 3"
void print_page_fault(std::uint32_t error) {
    // <lab1:fault error, kPresent, kWrite, kUser, kReserved else return;>
    print(": {} 0x{:08x}, {}{}", error & kWrite ? "write to" : "read of", read_cr2(),
          error & kPresent ? "not allowed" : "not present",
          error & kReserved ? ", reserved bit set" : "");
    print(", at CPL {}", error & kUser ? 3 : 0);
    // </lab1:fault>
}

// SDM3A 6.13: an error code that names a segment or gate.
void print_selector_error(std::uint32_t error) {
    if (error == 0) return;
    const char* in = error & 2 ? "IDT" : error & 4 ? "LDT" : "GDT";
    print(": entry {} of the {}{}", (error & 0xffff) >> 3, in, error & 1 ? ", from outside" : "");
}

void load_table() {
    for (unsigned number = 0; number < table.size(); number++) {
        auto stub = reinterpret_cast<void (*)()>(trap_stubs + number * kStubSize);
        set_gate(static_cast<std::uint8_t>(number), stub, Gate::Kernel);
    }
    for (const TrapEntry& entry : std::span(__traps_start, __traps_end)) {
        ASSERT(!handlers[entry.vector]);
        handlers[entry.vector] = entry.handler;
        auto stub = reinterpret_cast<void (*)()>(trap_stubs + entry.vector * kStubSize);
        set_gate(entry.vector, stub, entry.gate);
    }
    table[vector::kDoubleFault] = {0, kDoubleFaultTask, 0, kTaskGate, 0};
    const struct [[gnu::packed]] {
        std::uint16_t limit;
        std::uint32_t base;
    } pointer{sizeof table - 1, address_of(table.data())};
    asm volatile("lidt %0" ::"m"(pointer) : "memory");
}
INIT(110, load_table);

// Called by trap_entry.S, on the thread's kernel stack, interrupts off.
extern "C" void handle_trap(TrapFrame& frame) {
    TrapHandler handler = handlers[frame.vector];
    if (handler && handler(frame)) [[likely]]
        return;
    if (frame.from_outside() && outside_fault_handler && outside_fault_handler(frame)) return;
    panic_at(frame);
}

} // namespace

bool TrapFrame::from_outside() const {
    return from_ring3() || !on_kernel_stack(reinterpret_cast<std::uint32_t>(this));
}

TrapHandler set_trap_handler(std::uint8_t vector, TrapHandler handler) {
    return std::exchange(handlers[vector], handler);
}

TrapHandler set_outside_fault_handler(TrapHandler handler) {
    return std::exchange(outside_fault_handler, handler);
}

void set_gate(std::uint8_t vector, void (*entry)(), Gate gate) {
    auto offset = reinterpret_cast<std::uint32_t>(entry);
    table[vector] = {.offset_low = static_cast<std::uint16_t>(offset),
                     .selector = kKernelCode,
                     .zero = 0,
                     .access = static_cast<std::uint8_t>(kInterruptGate | unsigned(gate) << 5),
                     .offset_high = static_cast<std::uint16_t>(offset >> 16)};
}

void print_exception(const TrapFrame& frame) {
    if (frame.vector >= vector::kFirstIrq) return print("unexpected interrupt {}", frame.vector);
    print("{}", kNames[frame.vector]);
    if (frame.vector == vector::kPageFault)
        print_page_fault(frame.error);
    else
        print_selector_error(frame.error);
}

void print_registers(const TrapFrame& frame) {
    print("  eax {:08x} ebx {:08x} ecx {:08x} edx {:08x}\n", frame.eax, frame.ebx, frame.ecx,
          frame.edx);
    print("  esi {:08x} edi {:08x} ebp {:08x} esp {:08x}\n", frame.esi, frame.edi, frame.ebp,
          frame.stack_pointer());
    print("  eip {:08x} cs {:04x} eflags {:08x}\n", frame.eip, frame.cs, frame.eflags);
}

void panic_at(const TrapFrame& frame) {
    if (!begin_panic()) exit_machine(ExitStatus::Panic);
    print("\npanic: ");
    print_exception(frame);
    print("\n");
    print_registers(frame);
    end_in_panic(frame.site());
}

} // namespace singlet::kern
