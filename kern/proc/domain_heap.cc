#include "kern/proc/domain_heap.hh"

#include "kern/proc/domain.hh"
#include "kern/proc/sip.hh"
#include "lib/core/try.hh"
#include <algorithm>

namespace singlet::kern {

Result<Ref<DomainHeap>> DomainHeap::create(std::string name) {
    Ref<DomainHeap> heap(new DomainHeap(std::move(name)));
    heap->region_ = exchange_heap().open_region(*heap);
    if (!heap->region_) return std::unexpected(Error::Limit);
    return heap;
}

DomainHeap::~DomainHeap() {
    if (region_) exchange_heap().close_region(region_);
}

Result<void> DomainHeap::join(Domain& domain) {
    // <lab7:heap domain>
    if (!domains_.empty()) TRY(map_all(domain)); // the first one's heap has no pages yet
    domains_.push_back(&domain);
    return {};
    // </lab7:heap>
}

Result<void> DomainHeap::map_all(Domain& domain) const {
    // <lab7:heap domain>
    const ZoneInfo zone = zone_info(Zone::Sip);
    for (Word page = zone.start.raw(); page < zone.end.raw(); page += kPageSize)
        if (exchange_heap().region_at(page) == region_)
            TRY(domain.map(PhysAddr(page), 1, Writable::Yes));
    return {};
    // </lab7:heap>
}

void DomainHeap::leave(Domain& domain) { std::erase(domains_, &domain); }

// Runs are contiguous frames here too: a driver's DMA needs them so.
Word DomainHeap::allocate(std::uint32_t pages) {
    // <lab7:heap pages>
    auto frames = Frames::allocate(Zone::Sip, pages, Zeroed::No);
    if (!frames) return 0;
    for (Domain* domain : domains_) {
        if (domain->map(*frames, Writable::Yes)) continue;
        for (Domain* mapped : domains_)
            mapped->unmap(*frames);
        return 0;
    }
    return frames->release().raw();
    // </lab7:heap>
}

void DomainHeap::free(Word address, std::uint32_t pages) {
    // <lab7:heap address, pages>
    Frames frames = Frames::adopt(PhysAddr(address), pages);
    for (Domain* domain : domains_)
        domain->unmap(frames);
    // </lab7:heap>
}

} // namespace singlet::kern
