// What the modelled processor is like. The values come from k8.toml or modern.toml, where each has
// its source; grade/clock/parameters.py writes them as `key=value` lines into a file that `read`
// takes. Costs are in hundredths of a cycle, so that all arithmetic is in integers. There are no
// defaults: a file that misses a key or has one too many is refused.
#pragma once
#include "grade/clock/decode.hh"

#include <array>
#include <cstdint>
#include <expected>
#include <istream>
#include <string>

namespace singlet::clock {

// X-macro: every parameter besides the costs of the classes. Sizes in their own unit ...
// clang-format off
#define SINGLET_CLOCK_SHAPES(X)                                                                    \
    X(l1i_kb) X(l1i_ways) X(l1d_kb) X(l1d_ways) X(l2_kb) X(l2_ways) X(l2_exclusive)                \
    X(itlb_entries) X(itlb_ways) X(itlb_large) X(dtlb_entries) X(dtlb_ways) X(dtlb_large)          \
    X(tlb2_entries) X(tlb2_ways) X(predictor_bits) X(history_bits)
// ... and costs in hundredths of a cycle.
#define SINGLET_CLOCK_COSTS(X) X(l2_hit) X(memory) X(tlb2_hit) X(walk_step) X(mispredict)
// clang-format on

struct Params {
#define X(name) std::uint64_t name = 0;
    SINGLET_CLOCK_SHAPES(X)
    SINGLET_CLOCK_COSTS(X)
#undef X
    std::array<std::uint64_t, kClasses> cost{}; // of each class

    /// Reads `key=value` lines ('#' starts a comment); the error is one sentence.
    static std::expected<Params, std::string> read(std::istream& in);
};

} // namespace singlet::clock
