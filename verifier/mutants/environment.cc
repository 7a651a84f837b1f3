// UNCHECKED=N,M... in the environment of a host tool that is made of the rewritten sources: these checks are off, and when the
// tool ends it says on stderr which checks failed. UNCHECKED=0 switches nothing off.
#include <cstdio>
#include <cstdlib>

#include "verifier/mutants/checks.hh"
#include "verifier/mutants/switch.hh"

namespace singlet::verifier::mutants {
namespace {

void report() {
    for (const unsigned number : failed.all()) {
        const Check& check = *find_check(number);
        std::fprintf(stderr, "check %u failed%s: %s:%u: %s: %s\n", number,
                     off[number] ? " and is off" : "", check.file, check.line, check.function,
                     check.text);
    }
}

[[gnu::constructor]] void begin() {
    const char* value = std::getenv("UNCHECKED");
    if (!value) return;
    for (char* end = nullptr; *value; value = end + (*end == ',')) {
        const auto check = static_cast<unsigned>(std::strtoul(value, &end, 10));
        if (end == value || (*end && *end != ',') || (check && !find_check(check))) {
            std::fprintf(stderr, "UNCHECKED needs numbers of checks, or 0, but has %s\n", value);
            std::_Exit(2);
        }
        switch_off(check);
    }
    std::atexit(report);
}

} // namespace
} // namespace singlet::verifier::mutants
