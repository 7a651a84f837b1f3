#include "verifier/mutants/checks.hh"

#include <algorithm>

namespace singlet::verifier::mutants {

std::span<const Check> checks() {
    static constexpr Check kChecks[] = {
#include "checks.inc"
    };
    return kChecks;
}

const Check* find_check(unsigned number) {
    const auto found = std::ranges::find(checks(), number, &Check::number);
    return found == checks().end() ? nullptr : &*found;
}

} // namespace singlet::verifier::mutants
