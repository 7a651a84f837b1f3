// A record: all that was counted up to a mark, as one line of JSON. Cycles are given in hundredths
// ("centicycles"), by category and in total; a reader subtracts the records of two marks.
#pragma once
#include "grade/clock/model.hh"

#include <map>
#include <string>

namespace singlet::clock {

struct Totals {
    std::array<std::uint64_t, kCategoryNames.size()> by_category{}; // hundredths of a cycle
    std::array<std::uint64_t, kClasses> counts{};                   // deliveries worked out
    std::uint64_t total = 0;                                        // hundredths of a cycle
    std::uint64_t instructions = 0;
};

[[nodiscard]] Totals totals(const Model& model);
[[nodiscard]] std::string record(std::uint16_t mark, const Model& model);
/// The record where instructions alone are counted; `executed` says how many at each address, if that was counted too.
[[nodiscard]] std::string record(std::uint16_t mark, std::uint64_t instructions,
                                 const std::map<std::uint32_t, std::uint64_t>& executed);

} // namespace singlet::clock
