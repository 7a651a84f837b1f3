// main() of a target without libFuzzer: runs files, all files below folders, and made-up inputs (--random COUNT [FIRST]).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "grade/fuzz/target.hh"
#include "verifier/fuzz/choices.hh"

namespace {

std::uint64_t inputs = 0;

void run(const std::vector<std::uint8_t>& bytes) {
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    ++inputs;
}

void run_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
    std::fprintf(stderr, "\r%s", path.c_str()); // what stands there when it crashes
    run(bytes);
}

void run_random(std::uint64_t count, std::uint64_t first) {
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        singlet::fuzz::Choices choices(seed);
        std::vector<std::uint8_t> bytes(choices.between(16, 4000));
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(choices.below(256));
        std::fprintf(stderr, "\rseed %llu", static_cast<unsigned long long>(seed));
        run(bytes);
    }
}

} // namespace

// The mutators are not called here.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t*, std::size_t size, std::size_t) {
    return size;
}

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--random") == 0) {
            const std::uint64_t count = i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0;
            run_random(count, i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0);
            continue;
        }
        if (!std::filesystem::exists(argv[i])) {
            std::fprintf(stderr, "%s: there is no such file or folder\n", argv[i]);
            return 2;
        }
        if (!std::filesystem::is_directory(argv[i])) {
            run_file(argv[i]);
            continue;
        }
        for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i]))
            if (entry.is_regular_file()) run_file(entry.path());
    }
    std::fprintf(stderr, "\n");
    std::printf("%llu inputs\n", static_cast<unsigned long long>(inputs));
    return inputs == 0 ? 2 : 0;
}
