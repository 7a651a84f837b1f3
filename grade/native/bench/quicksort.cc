#include "grade/native/bench/kernels.hh"

namespace {
int numbers[20000];
} // namespace

namespace quicksort_kernel {
[[gnu::noinline]] void sort(int* a, int low, int high) {
    while (low < high) {
        int pivot = a[low + (high - low) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot)
                ++i;
            while (a[j] > pivot)
                --j;
            if (i <= j) {
                int t = a[i];
                a[i] = a[j];
                a[j] = t;
                ++i, --j;
            }
        }
        sort(a, low, j);
        low = i;
    }
}
} // namespace quicksort_kernel

int bench_quicksort(int rounds) {
    using namespace quicksort_kernel;
    std::uint32_t sum = 0, seed = 1;
    for (int r = 0; r < rounds; ++r) {
        for (auto& n : numbers) {
            seed = seed * 1664525 + 1013904223;
            n = static_cast<int>(seed >> 8);
        }
        sort(numbers, 0, 19999);
        sum = sum * 31 + static_cast<std::uint32_t>(numbers[0]) +
              static_cast<std::uint32_t>(numbers[10000]) +
              static_cast<std::uint32_t>(numbers[19999]);
    }
    return static_cast<int>(sum);
}
