// Where a generator's decisions come from: a seed, or the bytes of a fuzzer, which learns what each byte changes. After the
// bytes have run out every decision is the first one, so a generator whose first choice is to stop comes to an end.
#pragma once

#include <cstdint>
#include <span>

namespace singlet::fuzz {

class Choices {
public:
    explicit Choices(std::uint64_t seed) : seeded_(true), state_(seed * kSpread + kStart) {}
    explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    // One of 0 .. n-1; 0 if there is nothing to choose.
    std::uint32_t below(std::size_t n) {
        if (n < 2) return 0;
        std::uint32_t value = byte();
        for (std::uint64_t reach = 256; reach < n; reach *= 256)
            value = value << 8 | byte();
        return static_cast<std::uint32_t>(value % n);
    }
    std::uint32_t between(std::uint32_t low, std::uint32_t high) {
        return low + below(high - low + 1);
    }
    bool chance(std::uint32_t percent) { return below(100) >= 100 - percent; }
    template <class Range> // which is not empty
    auto& of(Range&& range) {
        return range[below(std::size(range))];
    }

private:
    static constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15, kStart = 0x2545f4914f6cdd1d;

    std::uint8_t byte() {
        if (seeded_) { // xorshift64
            state_ ^= state_ << 13;
            state_ ^= state_ >> 7;
            state_ ^= state_ << 17;
            return static_cast<std::uint8_t>(state_ >> 32);
        }
        if (bytes_.empty()) return 0;
        const std::uint8_t first = bytes_[0];
        bytes_ = bytes_.subspan(1);
        return first;
    }

    bool seeded_ = false;
    std::uint64_t state_ = 0;
    std::span<const std::uint8_t> bytes_;
};

} // namespace singlet::fuzz
