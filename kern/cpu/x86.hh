// The instructions that C++ has no words for: ports, control registers, flags. Names and bits are
// those of the Intel manual [SDM2A-D, SDM3A 2.5].
#pragma once
#include <cstdint>

namespace singlet::kern {

inline constexpr std::uint32_t kCr0Em = 1u << 2; // x87 instructions fault
inline constexpr std::uint32_t kCr0Wp = 1u << 16;
inline constexpr std::uint32_t kCr0Pg = 1u << 31;
inline constexpr std::uint32_t kCr4Pge = 1u << 7;
inline constexpr std::uint32_t kEflagsIf = 1u << 9;
inline constexpr std::uint32_t kEflagsReserved = 1u << 1; // always set [SDM1 3.4.3]

inline void out8(std::uint16_t port, std::uint8_t value) {
    asm volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}
inline void out16(std::uint16_t port, std::uint16_t value) {
    asm volatile("outw %0, %1" ::"a"(value), "Nd"(port) : "memory");
}
inline void out32(std::uint16_t port, std::uint32_t value) {
    asm volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}
inline std::uint8_t in8(std::uint16_t port) {
    std::uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
inline std::uint16_t in16(std::uint16_t port) {
    std::uint16_t value;
    asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
inline std::uint32_t in32(std::uint16_t port) {
    std::uint32_t value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

#define SINGLET_CONTROL_REGISTER(name)                                                             \
    inline std::uint32_t read_##name() {                                                           \
        std::uint32_t value;                                                                       \
        asm volatile("mov %%" #name ", %0" : "=r"(value)::"memory");                               \
        return value;                                                                              \
    }                                                                                              \
    inline void write_##name(std::uint32_t value) {                                                \
        asm volatile("mov %0, %%" #name ::"r"(value) : "memory");                                  \
    }
SINGLET_CONTROL_REGISTER(cr0)
SINGLET_CONTROL_REGISTER(cr2)
SINGLET_CONTROL_REGISTER(cr3)
SINGLET_CONTROL_REGISTER(cr4)
#undef SINGLET_CONTROL_REGISTER

inline std::uint32_t read_msr(std::uint32_t number) { // its low half
    std::uint32_t low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return low;
}
inline void write_msr(std::uint32_t number, std::uint32_t low) {
    asm volatile("wrmsr" ::"c"(number), "a"(low), "d"(0) : "memory");
}

inline void invalidate_page(std::uintptr_t address) {
    asm volatile("invlpg (%0)" ::"r"(address) : "memory");
}

struct CpuId {
    std::uint32_t eax, ebx, ecx, edx;
};
inline CpuId cpuid(std::uint32_t leaf) {
    CpuId id;
    asm volatile("cpuid" : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx) : "a"(leaf));
    return id;
}

inline std::uint32_t read_eflags() {
    std::uint32_t flags;
    asm volatile("pushf\n\tpop %0" : "=r"(flags)::"memory");
    return flags;
}
inline void disable_interrupts() { asm volatile("cli" ::: "memory"); }
inline void enable_interrupts() { asm volatile("sti" ::: "memory"); }
inline bool interrupts_enabled() { return read_eflags() & kEflagsIf; }
/// Waits for one interrupt. STI takes effect after the instruction behind it, so that no interrupt
/// can slip in between [SDM2B STI]. Returns with interrupts off.
inline void wait_for_interrupt() { asm volatile("sti\n\thlt\n\tcli" ::: "memory"); }

/// Interrupts are off while one of these lives, and afterwards as they were before.
class InterruptsOff {
public:
    InterruptsOff() : were_enabled_(interrupts_enabled()) { disable_interrupts(); }
    ~InterruptsOff() {
        if (were_enabled_) enable_interrupts();
    }
    InterruptsOff(const InterruptsOff&) = delete;
    InterruptsOff& operator=(const InterruptsOff&) = delete;

private:
    bool were_enabled_;
};

} // namespace singlet::kern
