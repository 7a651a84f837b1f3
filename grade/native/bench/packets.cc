#include "grade/native/bench/kernels.hh"

#include <cstdlib>
#include <cstring>

namespace {
constexpr int kSize = 1500;
} // namespace

namespace packets_kernel {
[[gnu::noinline]] int checksum(const std::uint8_t* packet, int length) {
    int sum = 0;
    for (int at = 0; at + 1 < length; at += 2) {
        std::uint16_t word;
        std::memcpy(&word, packet + at, 2);
        sum += word;
    }
    while ((sum >> 16) != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

[[gnu::noinline]] void answer(std::uint8_t* to, const std::uint8_t* from, int length, int id) {
    std::memcpy(to, from, static_cast<std::size_t>(length));
    std::memcpy(to + 12, from + 16, 4);
    std::memcpy(to + 16, from + 12, 4);
    auto word = static_cast<std::uint16_t>(id);
    std::memcpy(to + 4, &word, 2);
    to[8] = static_cast<std::uint8_t>(from[8] - 1);
}
} // namespace packets_kernel

int bench_packets(int rounds) {
    using namespace packets_kernel;
    std::uint32_t sum = 0;
    auto* asked = static_cast<std::uint8_t*>(std::calloc(kSize, 1));
    for (int i = 0; i < kSize; ++i)
        asked[i] = static_cast<std::uint8_t>(i * 7);
    auto* back = static_cast<std::uint8_t*>(std::calloc(kSize, 1));
    for (int r = 0; r < rounds; ++r) {
        answer(back, asked, kSize, r);
        sum = sum * 31 + static_cast<std::uint32_t>(checksum(back, kSize));
    }
    std::free(back);
    std::free(asked);
    return static_cast<int>(sum);
}
