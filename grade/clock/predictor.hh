// A predictor of conditional branches after the K8's: a branch counts as not taken until it is taken
// once, then as taken until it is not; after that a table of two-bit counters decides, found by
// some bits of the address and the outcomes of the last branches. Targets of returns and indirect
// jumps are taken as predicted. [AMD25112 A.6]
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace singlet::clock {

class Predictor {
public:
    Predictor(unsigned bits, unsigned history_bits)
        : mask_((1u << bits) - 1), history_mask_((1u << history_bits) - 1),
          shift_(bits - history_bits), counters_(std::size_t{1} << bits, 1),
          habits_(std::size_t{1} << bits, Habit::NeverTaken) {}

    /// Learns an outcome; says whether it had been predicted.
    bool learn(std::uint32_t pc, bool taken) {
        Habit& habit = habits_[pc & mask_];
        std::uint8_t& counter = counters_[(pc ^ (history_ << shift_)) & mask_];
        const bool guess = habit == Habit::Changing ? counter >= 2 : habit == Habit::AlwaysTaken;
        if (guess != taken && habit != Habit::Changing)
            habit = taken ? Habit::AlwaysTaken : Habit::Changing;
        if (taken && counter < 3) ++counter;
        if (!taken && counter > 0) --counter;
        history_ = (history_ << 1 | unsigned(taken)) & history_mask_;
        return guess == taken;
    }

private:
    enum class Habit : std::uint8_t { NeverTaken, AlwaysTaken, Changing };

    std::uint32_t mask_, history_mask_, shift_, history_ = 0;
    std::vector<std::uint8_t> counters_; // 0, 1: not taken; 2, 3: taken
    std::vector<Habit> habits_;
};

} // namespace singlet::clock
