// unchecked=N,M... on the command line of the kernel that is made of the rewritten sources: these checks are off from the start.
#include <charconv>

#include "kern/boot/options.hh"
#include "verifier/mutants/switch.hh"

namespace singlet::kern {
namespace {

bool set_unchecked(std::string_view value) {
    bool understood = true;
    for_each_piece(value, ',', [&](std::string_view number) {
        unsigned check = 0;
        const auto [end, error] = std::from_chars(number.begin(), number.end(), check);
        understood &=
            error == std::errc{} && end == number.end() && verifier::mutants::switch_off(check);
    });
    return understood;
}
OPTION(unchecked, set_unchecked, "numbers of checks, separated by commas");

} // namespace
} // namespace singlet::kern
