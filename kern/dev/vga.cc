#include "kern/dev/vga.hh"

#include "kern/cpu/x86.hh"
#include <algorithm>

namespace singlet::kern::vga {

namespace {

constexpr unsigned kColumns = 80, kRows = 25;
constexpr std::uint16_t kBlank = 0x0720; // grey on black, a space
// The cursor's place, among the registers of the CRT controller [VGA: 3D4h, index 0Eh and 0Fh].
constexpr std::uint16_t kCrtIndex = 0x3d4, kCrtData = 0x3d5;
constexpr std::uint8_t kCursorHigh = 0x0e, kCursorLow = 0x0f;
std::uint16_t* const kScreen = reinterpret_cast<std::uint16_t*>(0xb8000);

constinit unsigned row = kRows, column = 0; // row == kRows: nothing shown yet

void new_line() {
    column = 0;
    if (++row < kRows) return;
    std::copy(kScreen + kColumns, kScreen + kRows * kColumns, kScreen);
    std::fill_n(kScreen + (kRows - 1) * kColumns, kColumns, kBlank);
    row = kRows - 1;
}

void move_back() {
    if (column > 0) column--;
}

} // namespace

void put(char c) {
    if (row == kRows) {
        std::fill_n(kScreen, kRows * kColumns, kBlank);
        row = 0;
    }
    if (c == '\n') return new_line();
    if (c == '\r') return;
    if (c == '\b') return move_back();
    kScreen[row * kColumns + column] = static_cast<std::uint16_t>(0x0700 | (unsigned char)c);
    if (++column == kColumns) new_line();
}

void show_cursor() {
    unsigned place = row * kColumns + column;
    out8(kCrtIndex, kCursorHigh);
    out8(kCrtData, static_cast<std::uint8_t>(place >> 8));
    out8(kCrtIndex, kCursorLow);
    out8(kCrtData, static_cast<std::uint8_t>(place));
}

} // namespace singlet::kern::vga
