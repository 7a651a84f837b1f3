#include "grade/native/bench/kernels.hh"

#include <cstring>

namespace {
std::uint32_t h[8], k[64], w[64];
std::uint8_t data[16384];
} // namespace

namespace sha256_kernel {
[[gnu::noinline]] void block(const std::uint8_t* from) {
    for (int t = 0; t < 16; ++t)
        std::memcpy(&w[t], from + 4 * t, 4);
    for (int t = 16; t < 64; ++t) {
        std::uint32_t x = w[t - 15], y = w[t - 2];
        std::uint32_t s0 = ((x >> 7) | (x << 25)) ^ ((x >> 18) | (x << 14)) ^ (x >> 3);
        std::uint32_t s1 = ((y >> 17) | (y << 15)) ^ ((y >> 19) | (y << 13)) ^ (y >> 10);
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    std::uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], i = h[7];
    for (int t = 0; t < 64; ++t) {
        std::uint32_t s1 =
            ((e >> 6) | (e << 26)) ^ ((e >> 11) | (e << 21)) ^ ((e >> 25) | (e << 7));
        std::uint32_t t1 = i + s1 + ((e & f) ^ (~e & g)) + k[t] + w[t];
        std::uint32_t s0 =
            ((a >> 2) | (a << 30)) ^ ((a >> 13) | (a << 19)) ^ ((a >> 22) | (a << 10));
        std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        i = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += i;
}
} // namespace sha256_kernel

int bench_sha256(int rounds) {
    using namespace sha256_kernel;
    std::uint32_t seed = 1;
    for (auto& word : k)
        word = seed = seed * 1664525 + 1013904223;
    for (int t = 0; t < 8; ++t)
        h[t] = k[t * 8];
    for (int t = 0; t < 16384; ++t)
        data[t] = static_cast<std::uint8_t>(t * 13);
    for (int r = 0; r < rounds; ++r)
        for (int at = 0; at < 16384; at += 64)
            block(data + at);
    return static_cast<int>(h[0] ^ h[7]);
}
