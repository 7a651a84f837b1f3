// `make mutants`: switches off one check of the verifier after the other and sees whether a unit test notices. A test can only
// notice a check that fails in it, so a first run, with nothing off, writes down which checks fail in which test; then each
// check is switched off in a process of its own, in the tests where it failed, the quickest first, until one of them fails,
// crashes or uses up its time. A check that none of them misses is a survivor; unless kept.txt, the argument, says why it stays, this
// ends with status 1.
#define DOCTEST_CONFIG_IMPLEMENT // and main is below
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verifier/mutants/checks.hh"
#include "verifier/mutants/switch.hh"

namespace singlet::verifier::mutants {
namespace {

using Clock = std::chrono::steady_clock;
constexpr unsigned kProcesses = 2;
constexpr rlim_t kSeconds = 10; // of processor time, in which a test has to say something

struct Test {
    std::string file, name;
    Failed failed;
    Clock::duration length;

    // What a test on drawn programs notices today it may not notice tomorrow: it does not count.
    bool random() const {
        return file.find("mutation_test") != file.npos || file.find("/fuzz/") != file.npos;
    }
};
std::vector<Test> tests; // in doctest's order

struct Listener : doctest::IReporter {
    explicit Listener(const doctest::ContextOptions&) {}
    void test_case_start(const doctest::TestCaseData& test) override {
        failed.clear();
        tests.push_back({test.m_file.c_str(), test.m_name, {}, Clock::now().time_since_epoch()});
    }
    void test_case_end(const doctest::CurrentTestCaseStats&) override {
        tests.back().failed = failed;
        tests.back().length = Clock::now().time_since_epoch() - tests.back().length;
    }
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("mutants", 1, Listener);

// Test `number`, counted from 1 in doctest's order; all for 0. In a process that ends after it.
int run(unsigned number) {
    doctest::Context context;
    context.setOption("abort-after", 1);
    if (number) {
        context.setOption("first", static_cast<int>(number));
        context.setOption("last", static_cast<int>(number));
    }
    return context.run();
}

// Does the test pass while `check` is off?
bool survives(unsigned check, unsigned test) {
    const pid_t child = fork();
    if (child == 0) {
        const int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        const rlimit time{kSeconds, kSeconds}, core{0, 0};
        setrlimit(RLIMIT_CPU, &time);
        setrlimit(RLIMIT_CORE, &core);
        switch_off(check);
        _exit(run(test));
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The test that notices, counted from 1; 0 if none does.
unsigned killer(unsigned check, const std::vector<unsigned>& quickest_first) {
    for (const unsigned test : quickest_first)
        if (tests[test - 1].failed.has(check) && !tests[test - 1].random() &&
            !survives(check, test))
            return test;
    return 0;
}

// The killer of each check, found by some processes that share the table.
std::span<const unsigned> killers() {
    const std::size_t size = checks().size() * sizeof(unsigned);
    auto* table = static_cast<unsigned*>(
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    std::vector<unsigned> order(tests.size());
    for (unsigned t = 0; t < order.size(); ++t)
        order[t] = t + 1;
    std::ranges::sort(order, {}, [](unsigned t) { return tests[t - 1].length; });
    for (unsigned p = 0; p < kProcesses; ++p)
        if (fork() == 0) {
            for (std::size_t n = p; n < checks().size(); n += kProcesses)
                table[n] = killer(checks()[n].number, order);
            _exit(0);
        }
    while (wait(nullptr) > 0)
        ;
    return {table, checks().size()};
}

// Why a check that no test misses stays: from kept.txt.
std::map<std::string, std::string> reasons(const char* path) {
    std::map<std::string, std::string> found;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        if (const auto end = line.rfind(" | "); end != line.npos && line[0] != '#')
            found[line.substr(0, end)] = line.substr(end + 3);
    return found;
}

int main(int argc, char** argv) {
    auto kept = reasons(argc > 1 ? argv[1] : "");
    fmt::print("the tests with every check on: ");
    std::fflush(stdout);
    if (run(0) != 0) return 1;
    const std::span<const unsigned> found = killers();
    std::map<std::string, std::pair<int, int>> files; // checks, killed
    std::string survivors;
    int killed = 0;
    for (std::size_t n = 0; n < found.size(); ++n) {
        const Check& check = checks()[n];
        ++files[check.file].first;
        files[check.file].second += found[n] != 0;
        killed += found[n] != 0;
        if (found[n] != 0) continue;
        const auto reason = kept.extract(fmt::format("{} | {}", check.file, check.text));
        survivors +=
            fmt::format("{}:{}: {} check {} of {}: {}\n", check.file, check.line,
                        reason ? "kept, though no test misses it:" : "NO TEST MISSES", check.number,
                        check.function, reason ? reason.mapped() : check.text);
    }
    fmt::print("{:34} {:>7} {:>7}\n", "checks of", "all", "killed");
    for (const auto& [file, counts] : files)
        fmt::print("{:34} {:7} {:7}\n", file, counts.first, counts.second);
    fmt::print("{:34} {:7} {:7}\n{}", "all", found.size(), killed, survivors);
    for (const auto& [check, reason] : kept)
        fmt::print("kept.txt names a check that is killed or does not exist: {}\n", check);
    return !kept.empty() || survivors.find("NO TEST") != survivors.npos;
}

} // namespace
} // namespace singlet::verifier::mutants

int main(int argc, char** argv) { return singlet::verifier::mutants::main(argc, argv); }
