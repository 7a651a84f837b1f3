// ASSERT is for our own bugs: it stays in every build, and in the kernel it ends in a panic with a
// backtrace. What the world or a program can get wrong is never asserted (style: Errors).
// NOT_DONE stands where a lab's exercise has been cut out (labs/cut.py) and says so when it is come to.
// NOT_CHECKED is what is left of a check.
#pragma once

namespace singlet {

/// Defined by whoever links: the kernel panics, host programs abort.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

/// The same for an exercise that nobody has done yet; the kernel ends with "failed". Also called by
/// assembly code.
extern "C" [[noreturn]] void exercise_not_done(unsigned lab, unsigned number, const char* name,
                                               const char* file, int line);

/// The same where what is missing is a check: it is said, and all goes on without it.
void exercise_left_open(unsigned lab, unsigned number, const char* name, const char* file,
                        int line);

/// Makes the compiler believe that its arguments are used.
template <class... T>
void use(const T&...) {}

} // namespace singlet

#define ASSERT(expression)                                                                         \
    (__builtin_expect(!!(expression), 1)                                                           \
         ? static_cast<void>(0)                                                                    \
         : ::singlet::assertion_failed(#expression, __FILE__, __LINE__))

// What follows the name is what the solution will need, so that no compiler calls it unused.
#define NOT_DONE(lab, number, name, ...)                                                           \
    (::singlet::use(__VA_ARGS__),                                                                  \
     ::singlet::exercise_not_done(lab, number, name, __FILE__, __LINE__))

// For a missing check that lets something through. Says so once.
#define NOT_CHECKED(lab, number, name, ...)                                                        \
    do {                                                                                           \
        static bool said = false;                                                                  \
        ::singlet::use(__VA_ARGS__);                                                               \
        if (!said) ::singlet::exercise_left_open(lab, number, name, __FILE__, __LINE__);           \
        said = true;                                                                               \
    } while (false)
