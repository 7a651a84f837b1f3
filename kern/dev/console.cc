#include "kern/dev/console.hh"

#include "kern/dev/serial.hh"
#include "kern/dev/vga.hh"

namespace singlet::kern {

namespace {

struct Console final : Sink {
    void put(std::string_view text) override {
        for (char c : text) {
            if (c == '\n') serial::put('\r');
            serial::put(c);
            vga::put(c);
        }
        vga::show_cursor();
    }
};
constinit Console the_console;

} // namespace

Sink& console() { return the_console; }

} // namespace singlet::kern
