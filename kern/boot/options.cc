#include "kern/boot/options.hh"

#include "kern/boot/init.hh"
#include "kern/boot/multiboot.hh"
#include "kern/cpu/exit.hh"
#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace singlet::kern {

namespace {

extern "C" const Option __options_start[], __options_end[];

constinit Options the_options;
constexpr std::array<std::string_view, 6> kProtectNames = {"nochecks", "physical", "paging",
                                                           "domain",   "ring3",    "microkernel"};

bool set_protect(std::string_view value) {
    auto found = std::ranges::find(kProtectNames, value);
    the_options.protect = static_cast<Protect>(found - kProtectNames.begin());
    return found != kProtectNames.end();
}
bool set_run(std::string_view value) { return the_options.run = value, true; }
bool set_policy(std::string_view value) { return the_options.policy = value, true; }
bool set_test(std::string_view value) { return the_options.test = value, !value.empty(); }

OPTION(protect, set_protect, "nochecks, physical, paging, domain, ring3 or microkernel");
OPTION(run, set_run, "names of modules, separated by commas");
OPTION(policy, set_policy, "the name of a module");
OPTION(test, set_test, "names of self-tests, separated by commas");

void parse_word(std::string_view word) {
    std::size_t equals = word.find('=');
    if (equals == word.npos) fail("unknown word on the command line: \"{}\"", word);
    std::string_view key = word.substr(0, equals), value = word.substr(equals + 1);
    for (const Option& option : std::span(__options_start, __options_end)) {
        if (option.key != key) continue;
        if (!option.set(value)) fail("{}={} is unknown; it takes {}", key, value, option.takes);
        return;
    }
    fail("unknown option on the command line: \"{}=\"", key);
}

void parse_command_line() {
    bool first = true;
    for_each_piece(boot_info().command_line, ' ', [&](std::string_view word) {
        // Some loaders put the kernel's own file name first.
        bool file_name = std::exchange(first, false) && word.find('=') == word.npos;
        if (!file_name) parse_word(word);
    });
}
INIT(200, parse_command_line);

} // namespace

const Options& options() { return the_options; }

std::string_view name_of(Protect protect) { return kProtectNames[static_cast<unsigned>(protect)]; }

} // namespace singlet::kern
