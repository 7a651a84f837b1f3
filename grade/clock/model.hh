// The modelled processor: it is told what the guest does (fetches, accesses, special instructions)
// and counts what that would cost. An instruction's own cost is its class's; on top come what its
// fetch and its accesses cost beyond a hit in L1 and TLB, and mispredicted branches. Everything is
// an integer in hundredths of a cycle and nothing depends on the host, so equal guests get equal
// figures. The plugin (plugin.cc) adds to `counts` directly, one inline addition an instruction.
#pragma once
#include "grade/clock/cache.hh"
#include "grade/clock/decode.hh"
#include "grade/clock/guest_memory.hh"
#include "grade/clock/predictor.hh"
#include "grade/clock/tlb.hh"

namespace singlet::clock {

struct TlbCounts {
    std::uint64_t second = 0, walks = 0, cycles = 0; // found in level two; walked; hundredths spent
};

class Model {
public:
    Model(const Params& params, GuestMemory memory);

    std::array<std::uint64_t, kClasses> counts{}; // executed instructions (and events) by class
    std::uint64_t deliveries = 0; // entries into trap handlers, by INT or otherwise; see report.cc

    /// The instruction at `address` (its line) is fetched. Cheap while the line stays the same.
    void fetch(std::uint32_t address) {
        if (address >> kLineShift != fetch_line_) fetch_line(address);
    }
    /// A read or write of `size` bytes.
    void access(std::uint32_t address, unsigned size) {
        const std::uint32_t last = (address + size - 1) >> kLineShift;
        if (address >> kLineShift == data_line_ && last == data_line_) {
            ++data.accesses;
            return;
        }
        access_line(address);
        if (last != address >> kLineShift) access_line(last << kLineShift);
    }
    void branch(std::uint32_t pc, bool taken) {
        ++branches;
        not_taken += !taken;
        if (!predictor_.learn(pc, taken)) ++mispredicted;
    }

    void load_cr3(std::uint32_t cr3); // the new directory, 0 for no paging
    void flush_all(std::uint32_t cr3);
    void invalidate(std::uint32_t address);
    void device_wrote(std::uint32_t address, std::uint32_t bytes); // physical

    CacheCounts code, data, walk_reads;
    TlbCounts code_tlb, data_tlb;
    std::uint64_t branches = 0, not_taken = 0, mispredicted = 0; // conditional ones
    [[nodiscard]] const Params& params() const { return params_; }

private:
    static constexpr std::uint32_t kNoLine = ~std::uint32_t{0};

    void fetch_line(std::uint32_t address);
    void access_line(std::uint32_t address);
    std::uint32_t translate(Tlb& tlb, TlbCounts& counts, std::uint32_t address);
    std::uint64_t walk_cost(std::uint32_t entry);
    void forget_lines() { fetch_line_ = data_line_ = kNoLine; }

    Params params_;
    GuestMemory memory_;
    Caches caches_;
    Tlb code_side_, data_side_;
    Predictor predictor_;
    std::uint32_t cr3_ = 0;
    std::uint32_t fetch_line_ = kNoLine, data_line_ = kNoLine; // virtual lines used last
};

} // namespace singlet::clock
