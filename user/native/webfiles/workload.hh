// Which file is read next: the twin of user/webfiles/workload.sing, draw for draw.
#pragma once
#include "user/native/lib/random.hh"
#include <algorithm>
#include <array>

namespace singlet::native {

inline constexpr std::uint32_t kDirectories = 10, kClasses = 4, kFiles = 9;

// Numbers 0 .. n - 1, each with a weight.
template <std::uint32_t n>
class Choice {
public:
    explicit constexpr Choice(const std::array<std::uint32_t, n>& weights) {
        for (std::uint32_t i = 0, sum = 0; i < n; i++)
            bounds_[i] = sum += weights[i];
    }
    std::uint32_t draw(Random& random) const {
        std::uint32_t x = random.below(bounds_.back()), i = 0;
        while (x >= bounds_[i])
            i++;
        return i;
    }

private:
    std::array<std::uint32_t, n> bounds_{}; // sums of the weights up to and with this one
};

// Zipf's law: the r-th most popular has the weight 1/r.
template <std::uint32_t n>
constexpr Choice<n> zipf() {
    std::array<std::uint32_t, n> weights;
    for (std::uint32_t r = 1; r <= n; r++)
        weights[r - 1] = 0x100000 / r;
    return Choice<n>(weights);
}

class Workload {
public:
    explicit Workload(std::uint32_t seed) : random_(seed) {}

    struct Draw {
        std::uint32_t directory, kind, file;
    };
    Draw draw() {
        std::uint32_t directory = kDirectoryChoice.draw(random_), kind = kKindChoice.draw(random_);
        return {directory, kind, kPopular[kRankChoice.draw(random_)]};
    }

private:
    static constexpr Choice<kDirectories> kDirectoryChoice = zipf<kDirectories>();
    static constexpr Choice<kFiles> kRankChoice = zipf<kFiles>();
    static constexpr Choice<kClasses> kKindChoice{{35, 50, 14, 1}};
    static constexpr std::uint32_t kPopular[kFiles] = {4, 3, 5, 2, 6, 1, 7, 8, 0};

    Random random_;
};

} // namespace singlet::native
