#include "grade/native/bench/kernels.hh"

namespace {
std::uint8_t composite[200000];
} // namespace

namespace sieve_kernel {
[[gnu::noinline]] int sieve(std::uint8_t* marks, int n) {
    int count = 0;
    for (int i = 0; i < n; ++i)
        marks[i] = 0;
    for (int i = 2; i < n; ++i)
        if (marks[i] == 0) {
            ++count;
            for (int k = i + i; k < n; k += i)
                marks[k] = 1;
        }
    return count;
}
} // namespace sieve_kernel

int bench_sieve(int rounds) {
    using namespace sieve_kernel;
    std::uint32_t sum = 0;
    for (int r = 0; r < rounds; ++r)
        sum = sum * 31 + static_cast<std::uint32_t>(sieve(composite, 200000));
    return static_cast<int>(sum);
}
