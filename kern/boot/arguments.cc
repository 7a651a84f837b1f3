#include "kern/boot/arguments.hh"

#include "kern/boot/options.hh"
#include "kern/dev/console.hh"
#include "lib/core/clock_page.hh"
#include <array>
#include <charconv>

namespace singlet::kern {

namespace {

constinit std::array<std::uint32_t, 3> arguments{};
constinit bool clock_is_tsc = false;

template <int number>
bool set_argument(std::string_view value) {
    auto end = value.data() + value.size();
    auto result = std::from_chars(value.data(), end, arguments[number]);
    return result.ec == std::errc() && result.ptr == end;
}
bool set_clock(std::string_view value) {
    clock_is_tsc = value == "tsc";
    return clock_is_tsc || value == "none";
}
OPTION(reads, set_argument<0>, "a number");
OPTION(seed, set_argument<1>, "a number");
OPTION(repeat, set_argument<2>, "a number");
OPTION(clock, set_clock, "tsc or none");

} // namespace

std::uint32_t boot_argument(std::uint32_t number) {
    return number < arguments.size() ? arguments[number] : 0;
}

void emit_mark(std::uint32_t number) {
    clock_page.set_mark(static_cast<std::uint16_t>(number));
    if (!clock_is_tsc) return;
    std::uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    print("mark {} tsc={}\n", number, std::uint64_t(high) << 32 | low);
}

} // namespace singlet::kern
