#include "kern/boot/test.hh"

#include "kern/boot/options.hh"
#include "kern/cpu/exit.hh"
#include <algorithm>
#include <span>

namespace singlet::kern {

namespace {

extern "C" const KernelTest __kernel_tests_start[], __kernel_tests_end[];
constinit std::string_view running, nonce;
constinit unsigned records = 0;

bool set_nonce(std::string_view value) { return nonce = value, !value.empty(); }
OPTION(nonce, set_nonce, "what the records of tests are to carry");

const KernelTest& find_test(std::string_view name) {
    std::span tests(__kernel_tests_start, __kernel_tests_end);
    auto found = std::ranges::find(tests, name, &KernelTest::name);
    if (found == tests.end()) fail("there is no self-test \"{}\"", name);
    if (std::ranges::count(tests, name, &KernelTest::name) > 1)
        fail("there are two self-tests \"{}\"", name); // which one would prove something?
    return *found;
}

} // namespace

void record(std::string_view what, std::string_view about) {
    if (!nonce.empty()) print("@{} {} {} {}\n", nonce, ++records, what, about);
}

unsigned last_step_for(std::string_view names) {
    if (names.empty()) return kLastStep;
    unsigned last = 0;
    for_each_piece(names, ',',
                   [&](std::string_view name) { last = std::max(last, find_test(name).after); });
    return last;
}

void run_tests(std::string_view names) {
    for_each_piece(names, ',', [&](std::string_view name) {
        running = name;
        record("begin", name);
        find_test(name).run();
        record("end", name);
        print("TEST {}: ok\n", name);
    });
    exit_machine(ExitStatus::Success);
}

void check_failed(const char* condition, const char* file, int line) {
    print("TEST {}: failed at {}:{}: {}\n", running, file, line, condition);
    exit_machine(ExitStatus::Failure);
}

void values_differ(const char* expression, const FormatArgument& found,
                   const FormatArgument& expected, const char* file, int line) {
    print("TEST {}: failed at {}:{}: {}: expected {}, found {}\n", running, file, line, expression,
          expected, found);
    // What is large may be an address or an entry of a table.
    const bool numbers = found.kind == FormatArgument::Kind::Unsigned;
    if (numbers && (found.number > 0xfff || expected.number > 0xfff))
        print("  in hexadecimal: expected {:x}, found {:x}\n", expected, found);
    exit_machine(ExitStatus::Failure);
}

} // namespace singlet::kern
