// The VGA text screen, 80 by 25, scrolling. Output only.
#pragma once

namespace singlet::kern::vga {

/// A backspace moves left and leaves what stands there.
void put(char c);
/// The cursor goes to where the next character will stand.
void show_cursor();

} // namespace singlet::kern::vga
