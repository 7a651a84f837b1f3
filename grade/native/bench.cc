// bench-code: compiled Sing against clang's C++, kernel by kernel, in one process and by turns, so that
// whatever slows the machine slows all. Each time is the least processor time of several turns; all must
// give the same result. A kernel without a counterpart is only timed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <limits>
#include <vector>

#include "grade/native/bench/kernels.hh"
#include "grade/native/load.hh"
#include "grade/native/machine.hh"

namespace singlet::native {
namespace {

struct Kernel {
    const char* name;
    int rounds; // 15 to 40 ms of it
    int (*clang)(int);
};

constexpr Kernel kKernels[] = {
    {"crc32", 200, bench_crc32},
    {"sieve", 50, bench_sieve},
    {"quicksort", 30, bench_quicksort},
    {"sha256", 300, bench_sha256},
    {"fatchain", 800, bench_fatchain},
    {"matrix", 60, bench_matrix},
    {"objects", 40000, bench_objects},
    {"search", 300, bench_search},
    {"hash64", 200, bench_hash64},
    {"packets", 80000, bench_packets},
    {"vm", 20000, bench_vm},
    {"trees", 300, nullptr},
};
constexpr int kTurns = 15;

// What issue and handout promise.
constexpr double kMean = 1.5, kWorst = 2.5, kChecks = 1.25, kSize = 1.5;

double seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int run(Machine& machine, const char* name) {
    auto outcome = machine.run();
    if (outcome.what != Outcome::What::Exit)
        give_up(kStuck, std::string(name) + " did not end by itself");
    return outcome.status;
}

// Bytes of code in an object file, by its section headers.
std::uint32_t text_bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string file{std::istreambuf_iterator<char>(in), {}};
    if (file.size() < sizeof(Elf32_Ehdr)) return 0;
    Elf32_Ehdr header;
    std::memcpy(&header, file.data(), sizeof header);
    std::uint32_t bytes = 0;
    for (unsigned k = 0; k < header.e_shnum; ++k) {
        Elf32_Shdr section;
        std::memcpy(&section, file.data() + header.e_shoff + k * sizeof section, sizeof section);
        if (section.sh_flags & SHF_EXECINSTR) bytes += section.sh_size;
    }
    return bytes;
}

struct Mean { // geometric
    double logs = 0, worst = 0;
    int count = 0;
    void add(double ratio) { logs += std::log(ratio), ++count, worst = std::max(worst, ratio); }
    double value() const { return std::exp(logs / count); }
};

void judge(const char* what, double found, double limit) {
    std::printf("%-58s %5.2f  wanted <= %.2f: %s\n", what, found, limit,
                found <= limit ? "met" : "MISSED");
}

// The least time of each side: clang, Sing, Sing without checks.
struct Times {
    double clang, checked, unchecked;
};

Times measure(const Kernel& kernel, Machine& checked, Machine& unchecked) {
    constexpr double kNever = std::numeric_limits<double>::infinity();
    Times best{kNever, kNever, kNever};
    auto time = [](double& least, auto work) {
        double start = seconds();
        int result = work();
        least = std::min(least, seconds() - start);
        return result;
    };
    for (int turn = 0; turn < kTurns; ++turn) {
        int a = time(best.checked, [&] { return run(checked, kernel.name); });
        int b = time(best.unchecked, [&] { return run(unchecked, kernel.name); });
        int c = kernel.clang ? time(best.clang, [&] { return kernel.clang(kernel.rounds); }) : a;
        if (a != b || a != c) give_up(kStuck, std::string(kernel.name) + ": the results differ");
    }
    return best;
}

// Of what a kernel takes longer than clang's code: how much the checks cost, which the same compiler leaves out at will, and how
// much what it makes of the rest does. All in parts of clang's time.
struct Rest {
    const char* name;
    double checks, code;
};

void print_rest(const std::vector<Rest>& rests) {
    std::printf("Where the rest goes, in %% of clang's time: %-10s %8s %8s %8s\n", "", "checks",
                "code", "both");
    double checks = 0, code = 0;
    for (const auto& [name, of_checks, of_code] : rests) {
        checks += of_checks / static_cast<double>(rests.size());
        code += of_code / static_cast<double>(rests.size());
        std::printf("%43s%-10s %+8.0f %+8.0f %+8.0f\n", "", name, 100 * of_checks, 100 * of_code,
                    100 * (of_checks + of_code));
    }
    std::printf("%43s%-10s %+8.0f %+8.0f %+8.0f\n\n", "", "mean", 100 * checks, 100 * code,
                100 * (checks + code));
}

int main(int argc, char** argv) {
    if (argc != 3) give_up(kUsage, "usage: bench-code <folder of .sbc> <folder of .o>");
    std::printf("%-10s %8s %8s %9s %8s %8s %7s %7s %6s\n", "", "clang ms", "Sing ms", "unchecked",
                "/ clang", "/ unch.", "clang B", "Sing B", "ratio");
    Mean mean, checks, size;
    std::vector<Rest> rests;
    for (const auto& kernel : kKernels) {
        auto verified = load(std::string(argv[1]) + "/" + kernel.name + ".sbc");
        Options options;
        options.arguments = {kernel.rounds};
        Machine checked(verified, options);
        options.compile.checks = false;
        Machine unchecked(verified, options);
        auto [clang, sing, bare] = measure(kernel, checked, unchecked);
        if (kernel.clang == nullptr) {
            std::printf("%-10s %8s %8.2f %9.2f %8s %8.2f   (%u collections)\n", kernel.name, "-",
                        1e3 * sing, 1e3 * bare, "-", sing / bare,
                        static_cast<unsigned>(checked.heap().collections));
            continue;
        }
        auto theirs = text_bytes(std::string(argv[2]) + "/" + kernel.name + ".o");
        auto ours = static_cast<std::uint32_t>(checked.image().code.size());
        auto bytes = static_cast<double>(ours) / theirs;
        rests.push_back({kernel.name, (sing - bare) / clang, (bare - clang) / clang});
        mean.add(sing / clang), checks.add(sing / bare), size.add(bytes);
        std::printf("%-10s %8.2f %8.2f %9.2f %8.2f %8.2f %7u %7u %6.2f\n", kernel.name, 1e3 * clang,
                    1e3 * sing, 1e3 * bare, sing / clang, sing / bare,
                    static_cast<unsigned>(theirs), static_cast<unsigned>(ours), bytes);
    }
    std::printf("%-37s %8.2f %8.2f %15s %6.2f\n\n", "geometric means", mean.value(), checks.value(),
                "", size.value());
    print_rest(rests);
    judge("time against clang -O2 -m32, geometric mean", mean.value(), kMean);
    judge("time against clang -O2 -m32, worst kernel", mean.worst, kWorst);
    judge("time against the same compiler without checks, mean", checks.value(), kChecks);
    judge("code size against clang -O2 -m32, geometric mean", size.value(), kSize);
    return kFine;
}

} // namespace
} // namespace singlet::native

int main(int argc, char** argv) { return singlet::native::main(argc, argv); }
