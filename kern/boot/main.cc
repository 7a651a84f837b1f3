#include "lib/core/clock_page.hh"
#include <expected>
#include <string>
#include <vector>
#include <algorithm>
#include <span>
#include <optional>

[[gnu::section(".page")]] alignas(4096) singlet::ClockPage clock_page;
extern "C" void kernel_main(unsigned, unsigned) {
    asm volatile("outb %%al, %%dx" ::"a"('H'), "d"(0x3f8));
    asm volatile("outl %%eax, %%dx" ::"a"(0x10), "d"(0xf4));
    for (;;) asm("hlt");
}
