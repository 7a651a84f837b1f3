// bench-code: compiled Sing against clang's C++, kernel by kernel, in one process and by turns, so that
// whatever slows the machine slows both. Each time is the least processor time of several turns; both sides must give the same
// result. A kernel without a counterpart is only timed.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <limits>

#include "grade/native/bench/kernels.hh"
#include "grade/native/load.hh"
#include "grade/native/machine.hh"

namespace singlet::native {
namespace {

struct Kernel {
    const char* name;
    int rounds; // some 50 ms
    int (*native)(int);
};

constexpr Kernel kKernels[] = {
    {"crc32", 200, bench_crc32},
    {"sieve", 50, bench_sieve},
    {"quicksort", 30, bench_quicksort},
    {"sha256", 300, bench_sha256},
    {"fatchain", 800, bench_fatchain},
    {"matrix", 40, bench_matrix},
    {"trees", 100, nullptr},
};
constexpr int kTurns = 15;

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

int main(int argc, char** argv) {
    if (argc != 3) give_up(kUsage, "usage: bench-code <folder of .sbc> <folder of .o>");
    std::printf("%-10s %9s %9s %9s %8s %8s %8s\n", "kernel", "clang ms", "Sing ms", "unchecked",
                "ratio", "unch.", "size");
    double log_checked = 0, log_unchecked = 0, log_size = 0;
    int compared = 0;
    for (const auto& kernel : kKernels) {
        auto verified = load(std::string(argv[1]) + "/" + kernel.name + ".sbc");
        Options options;
        options.arguments = {kernel.rounds};
        Machine checked(verified, options);
        options.compile.checks = false;
        Machine unchecked(verified, options);
        constexpr double kNever = std::numeric_limits<double>::infinity();
        double best[3] = {kNever, kNever, kNever};
        for (int turn = 0; turn < kTurns; ++turn) {
            int results[3] = {};
            for (int side = 0; side < 3; ++side) {
                if (side == 0 && kernel.native == nullptr) continue;
                double start = seconds();
                results[side] = side == 0   ? kernel.native(kernel.rounds)
                                : side == 1 ? run(checked, kernel.name)
                                            : run(unchecked, kernel.name);
                best[side] = std::min(best[side], seconds() - start);
            }
            if (results[1] != results[2] || (kernel.native && results[0] != results[1]))
                give_up(kStuck, std::string(kernel.name) + ": the results differ");
        }
        if (kernel.native == nullptr) {
            std::printf("%-10s %9s %9.2f %9.2f   (%u collections)\n", kernel.name, "-",
                        1e3 * best[1], 1e3 * best[2],
                        static_cast<unsigned>(checked.heap().collections));
            continue;
        }
        double ratio = best[1] / best[0], bare = best[2] / best[0];
        double size = static_cast<double>(checked.image().code.size()) /
                      text_bytes(std::string(argv[2]) + "/" + kernel.name + ".o");
        log_checked += std::log(ratio), log_unchecked += std::log(bare), log_size += std::log(size);
        ++compared;
        std::printf("%-10s %9.2f %9.2f %9.2f %8.2f %8.2f %8.2f\n", kernel.name, 1e3 * best[0],
                    1e3 * best[1], 1e3 * best[2], ratio, bare, size);
    }
    std::printf("%-10s %9s %9s %9s %8.2f %8.2f %8.2f   geometric mean against clang -O2 -m32\n", "",
                "", "", "", std::exp(log_checked / compared), std::exp(log_unchecked / compared),
                std::exp(log_size / compared));
    return kFine;
}

} // namespace
} // namespace singlet::native

int main(int argc, char** argv) { return singlet::native::main(argc, argv); }
