// What a failed ASSERT does in a host program.
#include "lib/core/assert.hh"

#include <cstdio>
#include <cstdlib>

namespace singlet {

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    std::abort();
}

void exercise_left_open(unsigned lab, unsigned number, const char* name, const char* file,
                        int line) {
    std::fprintf(stderr, "lab %u, exercise %u (%s) is not done yet: %s:%d\n", lab, number, name,
                 file, line);
}

void exercise_not_done(unsigned lab, unsigned number, const char* name, const char* file,
                       int line) {
    exercise_left_open(lab, number, name, file, line);
    std::exit(1);
}

} // namespace singlet
