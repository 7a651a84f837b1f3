// The blocks before each block, all in one list. A block that has two edges to another stands there twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace singlet::verifier {

class Predecessors {
public:
    // Of another function, in the store of the one before. `each_edge(f)` calls f(from, to) for each edge; it is asked twice
    // and must say the same.
    template <class EachEdge>
    void find(std::size_t blocks, EachEdge each_edge) {
        first_.assign(blocks + 1, 0);
        each_edge([&](std::size_t, std::size_t to) { ++first_[to]; });
        std::uint32_t sum = 0;
        for (std::uint32_t& first : first_)
            first = sum += first; // the end of its part, from which it is filled
        all_.resize(sum);
        each_edge([&](std::size_t from, std::size_t to) {
            all_[--first_[to]] = static_cast<std::uint16_t>(from);
        });
    }
    std::span<const std::uint16_t> of(std::size_t block) const {
        return {all_.data() + first_[block], all_.data() + first_[block + 1]};
    }

private:
    std::vector<std::uint32_t> first_; // in all_, of each block
    std::vector<std::uint16_t> all_;
};

} // namespace singlet::verifier
