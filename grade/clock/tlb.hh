// One side's translation look-aside buffers: a first level for 4 KB pages, one for 4 MB pages, and
// a second level for 4 KB pages. A page found in the second level is copied up; what a walk finds
// goes into both. MOV CR3 keeps the global pages, INVLPG forgets one address in all of them.
#pragma once
#include "grade/clock/lru_table.hh"
#include "grade/clock/params.hh"

namespace singlet::clock {

inline constexpr unsigned kPageShift = 12, kLargeShift = 22;

// A translation: where its page lies, as the page tables say it.
struct Translation {
    std::uint32_t base = 0; // physical address of the page
    bool large = false;     // 4 MB
    bool global = false;

    [[nodiscard]] std::uint32_t physical(std::uint32_t address) const {
        const std::uint32_t within = large ? (1u << kLargeShift) - 1 : (1u << kPageShift) - 1;
        return base | (address & within);
    }
};

class Tlb {
public:
    enum class Found { First, Second, Nowhere };
    struct Result {
        Found where = Found::Nowhere;
        Translation translation{};
    };

    Tlb(std::size_t entries, std::size_t ways, std::size_t large, std::size_t second,
        std::size_t second_ways)
        : first_(entries / ways, ways), large_(1, large),
          second_(second / second_ways, second_ways) {}

    Result find(std::uint32_t address) {
        const std::uint32_t page = address >> kPageShift;
        if (const Translation* t = first_.find(page)) return {Found::First, *t};
        if (const Translation* t = large_.find(address >> kLargeShift)) return {Found::First, *t};
        const Translation* t = second_.find(page);
        if (!t) return {};
        const Translation found = *t;
        first_.insert(page, found);
        return {Found::Second, found};
    }

    /// Keeps what a walk found for `address`, which no level knew.
    void insert(std::uint32_t address, Translation t) {
        if (t.large) {
            large_.insert(address >> kLargeShift, t);
            return;
        }
        first_.insert(address >> kPageShift, t);
        second_.insert(address >> kPageShift, t);
    }

    void flush() {
        erase([](const Translation& t) { return !t.global; });
    }
    void flush_all() {
        erase([](const Translation&) { return true; });
    }
    void invalidate(std::uint32_t address) {
        first_.erase(address >> kPageShift);
        second_.erase(address >> kPageShift);
        large_.erase(address >> kLargeShift);
    }

private:
    template <typename Predicate>
    void erase(Predicate unwanted) {
        first_.erase_if(unwanted);
        large_.erase_if(unwanted);
        second_.erase_if(unwanted);
    }

    LruTable<Translation> first_, large_, second_;
};

} // namespace singlet::clock
