#include "grade/native/bench/kernels.hh"

namespace {
std::uint8_t data[32768];
} // namespace

namespace hash64_kernel {
[[gnu::noinline]] std::uint64_t hash(const std::uint8_t* bytes, int length) {
    std::uint64_t h = 0xcbf29ce'484222325, prime = (std::uint64_t{1} << 40) + 435;
    for (int i = 0; i < length; ++i)
        h = (h ^ bytes[i]) * prime;
    return h;
}

[[gnu::noinline]] std::uint64_t mix(std::uint64_t x, int count) {
    for (int i = 0; i < count; ++i) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    return x;
}
} // namespace hash64_kernel

int bench_hash64(int rounds) {
    using namespace hash64_kernel;
    for (int i = 0; i < 32768; ++i)
        data[i] = static_cast<std::uint8_t>(i * 11);
    std::uint64_t sum = 0;
    for (int r = 0; r < rounds; ++r) {
        data[r & 1023] = static_cast<std::uint8_t>(r);
        sum += mix(hash(data, 32768), 8192);
    }
    return static_cast<int>(sum ^ (sum >> 32));
}
