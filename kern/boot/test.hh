// Self-tests of the kernel, run in the kernel: `test=frames,heap` on the command line. A test
// announces itself with KERNEL_TEST(name) { ... CHECK(condition); ... } in a file x_ktest.cc beside
// what it tests, and grade/test_boot.py runs each by its name. KERNEL_SCENE is for what does not
// come back (a panic, a hang): the grader looks at how the machine ends.
//
// KERNEL_TEST_AFTER(300, name) says which start-up steps (kern/boot/init.hh) a test needs; steps with
// greater numbers are not run when no test asks for them. So a test of the frames can be run while
// the page tables, which are built on frames and later, are still to be written.
//
// With `nonce=` a test's begin and end are written as records that the grader counts (grade/lab):
//
//   @3f0c91d2 1 begin frames
//   @3f0c91d2 2 end frames
//
// A machine that runs programs instead of tests has records too: "begin run", "refuse x.sbc" for
// each that is refused, and "end run" if all ended well and nothing has leaked.
#pragma once
#include "kern/dev/console.hh"
#include <concepts>
#include <string_view>
#include <type_traits>

namespace singlet::kern {

inline constexpr unsigned kLastStep = 999;

struct KernelTest {
    std::string_view name;
    unsigned after; // the last start-up step that it needs
    void (*run)();
};

/// Runs the tests named (by commas), prints `TEST name: ok` for each, and ends the machine.
[[noreturn]] void run_tests(std::string_view names);

/// The last start-up step that any of these tests needs; all are, when none is named.
unsigned last_step_for(std::string_view names);

/// Writes a record, if there is a nonce.
void record(std::string_view what, std::string_view about);

/// The console line and the end (Failure) for a CHECK that does not hold.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

#define CHECK(condition)                                                                           \
    ((condition) ? static_cast<void>(0)                                                            \
                 : ::singlet::kern::check_failed(#condition, __FILE__, __LINE__))

/// The same for a CHECK_EQUAL: `expression: expected 3, found 5`.
[[noreturn]] void values_differ(const char* expression, const FormatArgument& found,
                                const FormatArgument& expected, const char* file, int line);

template <class Found, class Expected>
void check_equal(const Found& found, const Expected& expected, const char* expression,
                 const char* file, int line) {
    bool equal = false;
    if constexpr (std::integral<Found> && std::integral<Expected>) {
        using Both = std::common_type_t<Found, Expected>; // a literal's sign is nobody's concern
        equal = static_cast<Both>(found) == static_cast<Both>(expected);
    } else {
        equal = found == expected;
    }
    if (!equal) values_differ(expression, found, expected, file, line);
}

#define CHECK_EQUAL(found, expected)                                                               \
    ::singlet::kern::check_equal(found, expected, #found, __FILE__, __LINE__)

#define KERNEL_TEST_AFTER(step, name)                                                              \
    static void test_##name();                                                                     \
    [[gnu::section(".table.test." #name), gnu::used]]                                              \
    static const ::singlet::kern::KernelTest kernel_test_##name{#name, step, test_##name};         \
    static void test_##name()
#define KERNEL_TEST(name) KERNEL_TEST_AFTER(::singlet::kern::kLastStep, name)
#define KERNEL_SCENE_AFTER(step, name) KERNEL_TEST_AFTER(step, name)
#define KERNEL_SCENE(name) KERNEL_TEST(name)

} // namespace singlet::kern
