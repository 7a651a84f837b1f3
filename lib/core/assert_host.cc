// What a failed ASSERT does in a host program.
#include "lib/core/assert.hh"

#include <cstdio>
#include <cstdlib>

namespace singlet {

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    std::abort();
}

} // namespace singlet
