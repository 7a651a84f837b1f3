// The list of all checks, as rewrite.py found them.
#pragma once

#include <span>

namespace singlet::verifier::mutants {

struct Check {
    unsigned number;
    const char* file;
    unsigned line;
    const char* function;
    const char* text; // of the condition
};
std::span<const Check> checks(); // in the order of their numbers, between which there are gaps
const Check* find_check(unsigned number); // nullptr if there is none

} // namespace singlet::verifier::mutants
