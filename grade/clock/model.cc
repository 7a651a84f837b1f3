#include "grade/clock/model.hh"

#include "grade/clock/walk.hh"

#include <algorithm>

namespace singlet::clock {

Model::Model(const Params& p, GuestMemory memory)
    : params_(p), memory_(memory), caches_(p),
      code_side_(p.itlb_entries, p.itlb_ways, p.itlb_large, p.tlb2_entries, p.tlb2_ways),
      data_side_(p.dtlb_entries, p.dtlb_ways, p.dtlb_large, p.tlb2_entries, p.tlb2_ways),
      predictor_(unsigned(p.predictor_bits), unsigned(p.history_bits)) {}

void Model::fetch_line(std::uint32_t address) {
    fetch_line_ = address >> kLineShift;
    caches_.fetch(translate(code_side_, code_tlb, address), code);
}

void Model::access_line(std::uint32_t address) {
    const std::uint32_t physical = translate(data_side_, data_tlb, address);
    if (memory_.size() != 0 && !memory_.is_ram(physical)) {
        ++counts[std::size_t(Class::MemoryIo)]; // a device: not cached
        return;
    }
    data_line_ = address >> kLineShift;
    caches_.data(physical, data);
}

// The physical address behind `address`; counts what finding it costs. A page that the tables do
// not have (the guest changed them since) is taken as mapped to itself and is not kept.
std::uint32_t Model::translate(Tlb& tlb, TlbCounts& counts, std::uint32_t address) {
    if (cr3_ == 0) return address;
    const Tlb::Result found = tlb.find(address);
    if (found.where == Tlb::Found::First) return found.translation.physical(address);
    counts.cycles += params_.tlb2_hit;
    if (found.where == Tlb::Found::Second) {
        ++counts.second;
        return found.translation.physical(address);
    }
    ++counts.walks;
    const Walk w = walk(memory_, cr3_, address);
    for (unsigned i = 0; i < w.steps; ++i)
        counts.cycles += walk_cost(w.reads[i]);
    if (!w.present) return address;
    tlb.insert(address, w.translation);
    return w.translation.physical(address);
}

// The walker waits for each entry, so even a hit in L1 costs its latency.
std::uint64_t Model::walk_cost(std::uint32_t entry) {
    data_line_ = kNoLine;
    switch (caches_.data(entry, walk_reads)) {
    case Level::First:
        return params_.walk_step;
    case Level::Second:
        return params_.walk_step + params_.l2_hit;
    case Level::Memory:
        return params_.walk_step + params_.memory;
    }
    return 0;
}

void Model::load_cr3(std::uint32_t cr3) {
    cr3_ = cr3;
    code_side_.flush();
    data_side_.flush();
    forget_lines();
}

void Model::flush_all(std::uint32_t cr3) {
    cr3_ = cr3;
    code_side_.flush_all();
    data_side_.flush_all();
    forget_lines();
}

void Model::invalidate(std::uint32_t address) {
    code_side_.invalidate(address);
    data_side_.invalidate(address);
    forget_lines();
}

// More than RAM cannot have been written: a guest's mistake must not keep the host busy.
void Model::device_wrote(std::uint32_t address, std::uint32_t bytes) {
    if (address >= memory_.size()) return;
    caches_.drop(address, std::uint32_t(std::min<std::uint64_t>(bytes, memory_.size() - address)));
    forget_lines();
}

} // namespace singlet::clock
