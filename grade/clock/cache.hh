// Two levels of cache: split first level, unified second. In the K8 the second level is a victim
// cache: it holds only what left a first level, and a line that is used goes back there. Other
// processors keep a copy below, `exclusive` says which. Reads and writes cost the same (write
// allocate, write back, the write-back itself hidden), and nothing is prefetched.
#pragma once
#include "grade/clock/lru_table.hh"
#include "grade/clock/params.hh"

namespace singlet::clock {

inline constexpr unsigned kLineShift = 6;

struct Nothing {};
using Cache = LruTable<Nothing>;

enum class Level { First, Second, Memory };

struct CacheCounts {
    std::uint64_t accesses = 0, second = 0, memory = 0; // all; those served by L2; by memory
};

class Caches {
public:
    explicit Caches(const Params& p)
        : exclusive_(p.l2_exclusive), fetch_(sets(p.l1i_kb, p.l1i_ways), p.l1i_ways),
          data_(sets(p.l1d_kb, p.l1d_ways), p.l1d_ways),
          second_(sets(p.l2_kb, p.l2_ways), p.l2_ways) {}

    Level fetch(std::uint32_t address, CacheCounts& counts) { return use(fetch_, address, counts); }
    Level data(std::uint32_t address, CacheCounts& counts) { return use(data_, address, counts); }

    /// A device wrote `bytes` from `address` on: no cache may keep the old contents.
    void drop(std::uint32_t address, std::uint32_t bytes) {
        if (bytes == 0) return;
        const std::uint32_t last = (address + bytes - 1) >> kLineShift;
        for (std::uint32_t line = address >> kLineShift; line <= last; ++line)
            for (Cache* cache : {&fetch_, &data_, &second_})
                cache->erase(line);
    }

private:
    static std::size_t sets(std::size_t kilobytes, std::size_t ways) {
        return (kilobytes * 1024 >> kLineShift) / ways;
    }

    Level use(Cache& first, std::uint32_t address, CacheCounts& counts) {
        const std::uint32_t line = address >> kLineShift;
        ++counts.accesses;
        if (first.find(line)) return Level::First;
        const bool below = exclusive_ ? second_.erase(line) : second_.find(line) != nullptr;
        const auto victim = first.insert(line, {});
        if (exclusive_) {
            if (victim && !second_.find(*victim)) second_.insert(*victim, {});
        } else if (!below) {
            second_.insert(line, {});
        }
        ++(below ? counts.second : counts.memory);
        return below ? Level::Second : Level::Memory;
    }

    bool exclusive_;
    Cache fetch_, data_, second_;
};

} // namespace singlet::clock
