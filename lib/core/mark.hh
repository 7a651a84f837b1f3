// A mark is an instruction without effect that carries a number: `nopl imm32(%eax)`, bytes
// 0F 1F 80 imm32, with imm32 = 0x534D0000 | number ("SM"). Compilers only ever emit the form with
// imm32 = 0, so the model clock can tell a mark by its bytes. The memory clobber keeps the work
// that is measured on its own side of the mark.
#pragma once
#include <cstdint>

namespace singlet {

inline constexpr std::uint32_t kMarkMagic = 0x534d0000;

// Three numbers are no points of a measurement by themselves (lib/core/clock_page.hh).
inline constexpr std::uint16_t kMarkPublish = 0xffff;  // only brings ClockPage.cycles up to date
inline constexpr std::uint16_t kMarkNumbered = 0xfffe; // the number stands in ClockPage.mark
inline constexpr std::uint16_t kMarkWritten = 0xfffd;  // a device wrote what ClockPage.written says

/// Announces point `number` of a measurement (0 to 65532) to whoever counts.
template <std::uint16_t number>
[[gnu::always_inline]] inline void mark() {
#if defined(__i386__)
    asm volatile(".byte 0x0f, 0x1f, 0x80\n\t.long %c0" ::"i"(kMarkMagic | number) : "memory");
#endif
}

} // namespace singlet
