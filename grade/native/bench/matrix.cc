#include "grade/native/bench/kernels.hh"

namespace {
constexpr int N = 96;
int a[N * N], b[N * N], c[N * N];
} // namespace

namespace matrix_kernel {
[[gnu::noinline]] void multiply(const int* x, const int* y, int* z) {
    for (int i = 0; i < N; ++i)
        for (int j = 0; j < N; ++j) {
            std::uint32_t sum = 0;
            for (int k = 0; k < N; ++k)
                sum += static_cast<std::uint32_t>(x[i * N + k]) *
                       static_cast<std::uint32_t>(y[k * N + j]);
            z[i * N + j] = static_cast<int>(sum);
        }
}
} // namespace matrix_kernel

int bench_matrix(int rounds) {
    using namespace matrix_kernel;
    for (int i = 0; i < N * N; ++i)
        a[i] = i * 3 + 1, b[i] = i * 5 + 2;
    std::uint32_t sum = 0;
    for (int r = 0; r < rounds; ++r) {
        a[r % N] = r;
        multiply(a, b, c);
        sum = sum * 31 + static_cast<std::uint32_t>(c[N * N / 2]) +
              static_cast<std::uint32_t>(c[N - 1]);
    }
    return static_cast<int>(sum);
}
