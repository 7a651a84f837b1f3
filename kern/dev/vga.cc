#include "kern/dev/vga.hh"

#include "kern/cpu/x86.hh"
#include <algorithm>

namespace singlet::kern::vga {

namespace {

constexpr unsigned kColumns = 80, kRows = 25;
constexpr std::uint16_t kBlank = 0x0720; // grey on black, a space
std::uint16_t* const kScreen = reinterpret_cast<std::uint16_t*>(0xb8000);

constinit unsigned row = kRows, column = 0; // row == kRows: nothing shown yet

void new_line() {
    column = 0;
    if (++row < kRows) return;
    std::copy(kScreen + kColumns, kScreen + kRows * kColumns, kScreen);
    std::fill_n(kScreen + (kRows - 1) * kColumns, kColumns, kBlank);
    row = kRows - 1;
}

} // namespace

void put(char c) {
    if (row == kRows) {
        std::fill_n(kScreen, kRows * kColumns, kBlank);
        row = 0;
    }
    if (c == '\n') return new_line();
    if (c == '\r') return;
    kScreen[row * kColumns + column] = static_cast<std::uint16_t>(0x0700 | (unsigned char)c);
    if (++column == kColumns) new_line();
}

} // namespace singlet::kern::vga
