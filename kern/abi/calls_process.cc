// Kernel calls about the calling SIP itself, and the boot arguments.
#include "kern/abi/calls.hh"
#include "kern/abi/trap_kind.hh"
#include "kern/boot/options.hh"
#include "kern/dev/console.hh"
#include "lib/core/clock_page.hh"
#include <charconv>

namespace singlet::kern {

namespace {

constinit Word arguments_of_boot[3]; // reads=, seed=, repeat=
constinit bool sysenter = false, clock_is_tsc = false;

template <int number>
bool set_argument(std::string_view value) {
    auto end = value.data() + value.size();
    auto result = std::from_chars(value.data(), end, arguments_of_boot[number]);
    return result.ec == std::errc() && result.ptr == end;
}
bool set_trap(std::string_view value) {
    sysenter = value == "sysenter";
    return sysenter || value == "int";
}
bool set_clock(std::string_view value) {
    clock_is_tsc = value == "tsc";
    return clock_is_tsc || value == "none";
}
OPTION(reads, set_argument<0>, "a number");
OPTION(seed, set_argument<1>, "a number");
OPTION(repeat, set_argument<2>, "a number");
OPTION(trap, set_trap, "int or sysenter");
OPTION(clock, set_clock, "tsc or none");

} // namespace

bool uses_sysenter() { return sysenter; }

Word kernel_exit(const Word* arguments) { exit_sip(static_cast<std::int32_t>(arguments[0])); }

Word kernel_yield(const Word*) {
    yield();
    return 0;
}

Word kernel_argument(const Word* arguments) {
    return arguments[0] < 3 ? arguments_of_boot[arguments[0]] : 0;
}

Word kernel_mark(const Word* arguments) {
    clock_page.set_mark(static_cast<std::uint16_t>(arguments[0]));
    if (clock_is_tsc) {
        std::uint32_t low, high;
        asm volatile("rdtsc" : "=a"(low), "=d"(high));
        print("mark {} tsc={}\n", arguments[0], std::uint64_t(high) << 32 | low);
    }
    return 0;
}

Word kernel_null(const Word*) { return 0; }

} // namespace singlet::kern
