// Checks, counted.
#pragma once
#include "user/native/lib/native.hh"

namespace singlet::native {

inline int checks = 0, failures = 0;

inline void check(bool holds, std::string_view what) {
    checks++;
    if (holds) return;
    failures++;
    print("does not hold: {}\n", what);
}

} // namespace singlet::native
