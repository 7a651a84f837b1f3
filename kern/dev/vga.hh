// The VGA text screen, 80 by 25, scrolling. Output only.
#pragma once

namespace singlet::kern::vga {

void put(char c);

} // namespace singlet::kern::vga
