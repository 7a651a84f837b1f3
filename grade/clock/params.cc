// Reading and checking of parameter files.
#include "grade/clock/params.hh"

#include <charconv>
#include <map>

namespace singlet::clock {
namespace {

using Error = std::unexpected<std::string>;

std::map<std::string, std::uint64_t*> keys_of(Params& p) {
    std::map<std::string, std::uint64_t*> keys;
#define X(name) keys[#name] = &p.name;
    SINGLET_CLOCK_SHAPES(X)
    SINGLET_CLOCK_COSTS(X)
#undef X
    for (std::size_t i = 0; i < kClasses; ++i)
        keys["cost." + std::string(kClassNames[i])] = &p.cost[i];
    return keys;
}

// A table of `entries` in sets of `ways` must have a power of two of sets.
bool fits(std::uint64_t entries, std::uint64_t ways) {
    if (entries == 0 || ways == 0 || entries % ways != 0 || entries > 1 << 20) return false;
    const std::uint64_t sets = entries / ways;
    return (sets & (sets - 1)) == 0;
}

std::string check_shapes(const Params& p) {
    constexpr std::uint64_t kLinesPerKb = 16;
    if (p.l1i_kb > 1 << 16 || p.l1d_kb > 1 << 16 || p.l2_kb > 1 << 16)
        return "a cache is too large";
    if (!fits(p.l1i_kb * kLinesPerKb, p.l1i_ways)) return "l1i_kb and l1i_ways do not fit";
    if (!fits(p.l1d_kb * kLinesPerKb, p.l1d_ways)) return "l1d_kb and l1d_ways do not fit";
    if (!fits(p.l2_kb * kLinesPerKb, p.l2_ways)) return "l2_kb and l2_ways do not fit";
    if (!fits(p.itlb_entries, p.itlb_ways)) return "itlb_entries and itlb_ways do not fit";
    if (!fits(p.dtlb_entries, p.dtlb_ways)) return "dtlb_entries and dtlb_ways do not fit";
    if (!fits(p.tlb2_entries, p.tlb2_ways)) return "tlb2_entries and tlb2_ways do not fit";
    if (!fits(p.itlb_large, p.itlb_large) || !fits(p.dtlb_large, p.dtlb_large))
        return "itlb_large and dtlb_large must not be 0";
    if (p.predictor_bits < 1 || p.predictor_bits > 20 || p.history_bits > p.predictor_bits)
        return "predictor_bits must be 1 to 20 and not less than history_bits";
    return {};
}

} // namespace

std::expected<Params, std::string> Params::read(std::istream& in) {
    Params p;
    auto keys = keys_of(p);
    unsigned number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (line.empty() || line[0] == '#') continue;
        const auto equals = line.find('=');
        const auto found = keys.find(line.substr(0, equals));
        const std::string where = "line " + std::to_string(number) + ": ";
        if (found == keys.end())
            return Error(where + "unknown or repeated parameter '" + line.substr(0, equals) + "'");
        const char* const end = line.data() + line.size();
        const char* const text = equals == std::string::npos ? end : line.data() + equals + 1;
        const auto [stop, error] = std::from_chars(text, end, *found->second);
        if (error != std::errc{} || stop != end || *found->second > 100'000'000)
            return Error(where + "the value of '" + found->first + "' is not a number up to 10^8");
        keys.erase(found);
    }
    if (!keys.empty()) return Error("parameter '" + keys.begin()->first + "' is missing");
    if (const std::string problem = check_shapes(p); !problem.empty()) return Error(problem);
    return p;
}

} // namespace singlet::clock
