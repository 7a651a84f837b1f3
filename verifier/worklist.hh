// Blocks that are to be looked at again, by their place in an order: the first one is taken first. Bits in words, and a bit for
// each word that is not empty, so that a block is found in three steps however many there are.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "verifier/limits.hh"

namespace singlet::verifier {

class Worklist {
public:
    static constexpr std::size_t kNone = ~std::size_t{0};

    Worklist() = default;
    explicit Worklist(std::size_t places) { clear(places); }
    void clear(std::size_t places) { // for so many, none of them in it
        words_.assign((places + 63) / 64, 0);
        filled_.fill(0);
    }

    void add(std::size_t place) {
        words_[place / 64] |= bit(place);
        filled_[place / 4096] |= bit(place / 64);
    }
    // The first place, which is taken out; kNone if there is none.
    std::size_t take() {
        for (std::size_t n = 0; n < filled_.size(); ++n) {
            if (filled_[n] == 0) continue;
            const std::size_t word = 64 * n + first(filled_[n]);
            const std::size_t place = 64 * word + first(words_[word]);
            words_[word] &= ~bit(place);
            if (words_[word] == 0) filled_[n] &= ~bit(word);
            return place;
        }
        return kNone;
    }

private:
    static constexpr std::uint64_t bit(std::size_t n) { return std::uint64_t{1} << (n % 64); }
    static std::size_t first(std::uint64_t bits) {
        return static_cast<std::size_t>(std::countr_zero(bits));
    }
    static_assert(limits::kBlocks % 4096 == 0);

    std::vector<std::uint64_t> words_;
    std::array<std::uint64_t, limits::kBlocks / 4096> filled_{}; // which words are not empty
};

} // namespace singlet::verifier
