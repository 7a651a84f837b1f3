#include "kern/boot/test.hh"

#include "kern/boot/options.hh"
#include "kern/cpu/exit.hh"
#include <algorithm>
#include <span>

namespace singlet::kern {

namespace {

extern "C" const KernelTest __kernel_tests_start[], __kernel_tests_end[];
constinit std::string_view running;

} // namespace

void run_tests(std::string_view names) {
    std::span tests(__kernel_tests_start, __kernel_tests_end);
    for_each_piece(names, ',', [&](std::string_view name) {
        auto found = std::ranges::find(tests, name, &KernelTest::name);
        if (found == tests.end()) fail("there is no self-test \"{}\"", name);
        running = name;
        found->run();
        print("TEST {}: ok\n", name);
    });
    exit_machine(ExitStatus::Success);
}

void check_failed(const char* condition, const char* file, int line) {
    print("TEST {}: failed at {}:{}: {}\n", running, file, line, condition);
    exit_machine(ExitStatus::Failure);
}

} // namespace singlet::kern
