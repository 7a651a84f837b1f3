#include "kern/proc/sip_pages.hh"

#include "kern/boot/init.hh"
#include "lib/core/assert.hh"
#include <algorithm>
// <since lab7>
#include <cstring>
// </since>
#include <utility>

namespace singlet::kern {

namespace {

constinit PageRecord* records = nullptr; // of all frames of the zone
constinit Word zone_start = 0;
constinit std::uint32_t zone_pages = 0;

void start_records() {
    ZoneInfo zone = zone_info(Zone::Sip);
    zone_start = zone.start.raw();
    zone_pages = (zone.end.raw() - zone_start) / kPageSize;
    records = new PageRecord[zone_pages];
}
INIT(601, start_records);

PageRecord* record_at(Word address) {
    std::uint32_t page = (address - zone_start) / kPageSize; // huge when it lies below
    return page < zone_pages ? records + page : nullptr;
}

} // namespace

SipPages::~SipPages() { close(); }

bool SipPages::open(std::uint32_t quota) {
    if (!promise_frames(Zone::Sip, quota)) return false;
    quota_ = quota;
    return true;
}

Word SipPages::allocate(std::uint32_t count) {
    if (count == 0 || count > quota_ - used_) return 0;
    auto frames = Frames::allocate(Zone::Sip, count, Zeroed::No, 1, Promised::Yes);
    if (!frames) return 0;
    // <since lab7>
    if (!map(*frames)) return 0;
    // </since>
    return own(std::move(*frames));
}

Word SipPages::own(Frames frames) {
    // <lab4:pages frames, record_at(0)>
    const std::uint32_t count = frames.count();
    const Word run = frames.release().raw();
    PageRecord* first = record_at(run);
    for (std::uint32_t i = 0; i < count; i++)
        first[i].owner = this;
    first->count = count;
    runs_.push_back(*first);
    used_ += count;
    most_ = std::max(most_, used_);
    return run;
    // </lab4:pages>
}

Frames SipPages::disown(PageRecord& first) {
    // <lab4:pages first>
    const std::uint32_t count = std::exchange(first.count, 0);
    for (std::uint32_t i = 0; i < count; i++)
        (&first)[i].owner = nullptr;
    first.link.unlink();
    used_ -= count;
    const auto page = static_cast<std::uint32_t>(&first - records);
    return Frames::adopt(PhysAddr(zone_start + page * kPageSize), count);
    // </lab4:pages>
}

void SipPages::close() {
    // <lab4:pages>
    while (PageRecord* first = runs_.first())
        give_back(*first);
    drop_promise(Zone::Sip, std::exchange(quota_, 0));
    // </lab4:pages>
}

void SipPages::free(Word run) {
    ASSERT(is_run(run));
    give_back(*record_at(run));
}

void SipPages::give_back(PageRecord& first) {
    Frames frames = disown(first);
    const std::uint32_t count = frames.count();
    // <since lab7>
    domain_->unmap(frames);
    // </since>
    frames.give_back();
    renew_promise(Zone::Sip, count);
}

// <since lab7>
bool SipPages::map(Frames& frames) {
    if (!domain_->map(frames, Writable::Yes)) {
        const std::uint32_t count = frames.count();
        frames.give_back();
        renew_promise(Zone::Sip, count);
        return false;
    }
    // Only now the kernel can write there, too: the domain's page tables may be the active ones.
    if (domain_->level() == Level::User) std::memset(at<void>(frames.start()), 0, frames.size());
    return true;
}
// </since>

bool SipPages::is_run(Word address) const {
    const PageRecord* record = record_at(address);
    return record && address % kPageSize == 0 && record->owner == this && record->count != 0;
}

bool SipPages::hold(Word address, std::uint32_t size) const {
    const PageRecord* first = record_at(address);
    if (!first || first->owner != this) return false;
    const Word more = address % kPageSize + size; // from the first page's begin
    if (size <= kPageSize && more <= kPageSize) [[likely]]
        return true;
    const PageRecord* last = record_at(address + (size - 1));
    if (!last || last < first) return false;
    return std::all_of(first, last + 1, [this](const PageRecord& r) { return r.owner == this; });
}

} // namespace singlet::kern
