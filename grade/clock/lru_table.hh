// A set-associative table with exact least-recently-used replacement: what caches and TLBs have in
// common. A set is an array in order of use, the latest first, so a hit near the front (the usual
// case) is a short scan. One set is full associativity. The number of sets is a power of two.
#pragma once
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace singlet::clock {

template <typename Value>
class LruTable {
public:
    struct Slot {
        std::uint32_t key;
        Value value;
    };

    LruTable(std::size_t sets, std::size_t ways)
        : mask_(std::uint32_t(sets - 1)), ways_(ways), slots_(sets * ways, Slot{kEmpty, Value{}}) {
        assert(sets > 0 && (sets & (sets - 1)) == 0 && ways > 0);
    }

    /// The value under `key`, which becomes the latest used of its set; null if there is none.
    Value* find(std::uint32_t key) {
        Slot* const set = set_of(key);
        if (set[0].key == key) return &set[0].value;
        for (std::size_t i = 1; i < ways_; ++i) {
            if (set[i].key != key) continue;
            std::rotate(set, set + i, set + i + 1);
            return &set[0].value;
        }
        return nullptr;
    }

    /// Adds `key`, which must not be there, as the latest used. Returns the key that had to leave.
    std::optional<std::uint32_t> insert(std::uint32_t key, Value value) {
        Slot* const set = set_of(key);
        const std::uint32_t victim = set[ways_ - 1].key;
        std::copy_backward(set, set + ways_ - 1, set + ways_);
        set[0] = Slot{key, value};
        if (victim == kEmpty) return std::nullopt;
        return victim;
    }

    /// Removes `key`; false if it was not there.
    bool erase(std::uint32_t key) {
        Slot* const set = set_of(key);
        Slot* const found = std::find_if(set, set + ways_, [&](Slot& s) { return s.key == key; });
        if (found == set + ways_) return false;
        remove(set, found);
        return true;
    }

    /// Removes every entry whose value `unwanted` says true of.
    template <typename Predicate>
    void erase_if(Predicate unwanted) {
        for (Slot* set = slots_.data(); set != slots_.data() + slots_.size(); set += ways_) {
            for (Slot* s = set; s != set + ways_ && s->key != kEmpty;) {
                if (unwanted(s->value))
                    remove(set, s);
                else
                    ++s;
            }
        }
    }

private:
    static constexpr std::uint32_t kEmpty = ~std::uint32_t{0}; // no line or page has this number

    Slot* set_of(std::uint32_t key) { return slots_.data() + (key & mask_) * ways_; }
    void remove(Slot* set, Slot* slot) { // empty slots stay at the end of a set
        std::copy(slot + 1, set + ways_, slot);
        set[ways_ - 1].key = kEmpty;
    }

    std::uint32_t mask_;
    std::size_t ways_;
    std::vector<Slot> slots_;
};

} // namespace singlet::clock
