// Self-tests of the kernel, run in the kernel: `test=frames,heap` on the command line. A test
// announces itself with KERNEL_TEST(name) { ... CHECK(condition); ... } in a file x_ktest.cc beside
// what it tests, and grade/test_boot.py runs each by its name. KERNEL_SCENE is for what does not
// come back (a panic, a hang): the grader looks at how the machine ends.
#pragma once
#include <string_view>

namespace singlet::kern {

struct KernelTest {
    std::string_view name;
    void (*run)();
};

/// Runs the tests named (by commas), prints `TEST name: ok` for each, and ends the machine.
[[noreturn]] void run_tests(std::string_view names);

/// The console line and the end (Failure) for a CHECK that does not hold.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

#define CHECK(condition)                                                                           \
    ((condition) ? static_cast<void>(0)                                                            \
                 : ::singlet::kern::check_failed(#condition, __FILE__, __LINE__))

#define KERNEL_TEST(name)                                                                          \
    static void test_##name();                                                                     \
    [[gnu::section(".table.test." #name), gnu::used]]                                              \
    static const ::singlet::kern::KernelTest kernel_test_##name{#name, test_##name};               \
    static void test_##name()
#define KERNEL_SCENE(name) KERNEL_TEST(name)

} // namespace singlet::kern
