// The console: what is printed goes to the first serial port and to the VGA text screen. Works from
// the first instruction of C++ on, needs no memory and no interrupts.
#pragma once
#include "lib/core/format.hh"

namespace singlet::kern {

Sink& console();

template <class... Args>
void print(FormatString<std::type_identity_t<Args>...> text, const Args&... args) {
    format_to(console(), text, args...);
}

} // namespace singlet::kern
