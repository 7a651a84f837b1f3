// ASSERT is for our own bugs: it stays in every build, and in the kernel it ends in a panic with a
// backtrace. What the world or a program can get wrong is never asserted (style: Errors).
#pragma once

namespace singlet {

/// Defined by whoever links: the kernel panics, host programs abort.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

} // namespace singlet

#define ASSERT(expression)                                                                         \
    (__builtin_expect(!!(expression), 1)                                                           \
         ? static_cast<void>(0)                                                                    \
         : ::singlet::assertion_failed(#expression, __FILE__, __LINE__))
