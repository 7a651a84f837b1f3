// A set of a function's registers, in four words.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "verifier/limits.hh"

namespace singlet::verifier {

class RegisterSet {
public:
    RegisterSet() = default;
    explicit RegisterSet(std::uint64_t first) : words_{first} {} // of those below 64
    void add(std::size_t r) { words_[r / 64] |= std::uint64_t{1} << (r % 64); }
    bool operator[](std::size_t r) const { return has(r); }
    void remove(std::size_t r) { words_[r / 64] &= ~(std::uint64_t{1} << (r % 64)); }
    bool has(std::size_t r) const { return words_[r / 64] >> (r % 64) & 1; }
    std::size_t count() const {
        std::size_t sum = 0;
        for (std::uint64_t word : words_)
            sum += static_cast<std::size_t>(std::popcount(word));
        return sum;
    }
    std::size_t count_below(std::size_t r) const {
        std::size_t sum = 0;
        for (std::size_t w = 0; w < r / 64; ++w)
            sum += static_cast<std::size_t>(std::popcount(words_[w]));
        if (r % 64 == 0) return sum;
        return sum + static_cast<std::size_t>(std::popcount(words_[r / 64] << (64 - r % 64)));
    }
    // f(register) for each, in ascending order.
    template <class F>
    void each(F&& f) const {
        for (std::size_t w = 0; w < words_.size(); ++w)
            for (std::uint64_t word = words_[w]; word != 0; word &= word - 1)
                f(w * 64 + static_cast<std::size_t>(std::countr_zero(word)));
    }
    // The same, until f says no: that is then the answer.
    template <class F>
    bool all(F&& f) const {
        for (std::size_t w = 0; w < words_.size(); ++w)
            for (std::uint64_t word = words_[w]; word != 0; word &= word - 1)
                if (!f(w * 64 + static_cast<std::size_t>(std::countr_zero(word)))) return false;
        return true;
    }
    void add_all(const RegisterSet& other) {
        for (std::size_t w = 0; w < words_.size(); ++w)
            words_[w] |= other.words_[w];
    }
    // Reads what `uses` reads and what was read after, unless `defines` wrote it in between.
    static RegisterSet before(const RegisterSet& uses, const RegisterSet& defines,
                              const RegisterSet& after) {
        RegisterSet result;
        for (std::size_t w = 0; w < result.words_.size(); ++w)
            result.words_[w] = uses.words_[w] | (after.words_[w] & ~defines.words_[w]);
        return result;
    }
    friend bool operator==(const RegisterSet&, const RegisterSet&) = default;

private:
    std::array<std::uint64_t, limits::kRegisters / 64> words_{};
};

} // namespace singlet::verifier
