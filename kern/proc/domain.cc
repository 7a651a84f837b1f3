#include "kern/proc/domain.hh"

#include "kern/proc/kernel_domain.hh"
#include "kern/proc/sip.hh"

namespace singlet::kern {

namespace {

User user_at(Level level) { return level == Level::User ? User::Yes : User::No; }

} // namespace

Result<std::unique_ptr<Domain>> Domain::create(std::string name, Level level, bool paging,
                                               Ref<DomainHeap> heap) {
    std::unique_ptr<Domain> domain(new Domain(std::move(name), level));
    if (!paging && !heap) return domain; // nobody in it is apart from anybody
    // <lab7:domain paging, heap>
    if (paging) domain->directory_.emplace(TRY(PageDirectory::create()));
    if (heap) {
        TRY(heap->join(*domain));
        domain->heap_ = std::move(heap);
    }
    return domain;
    // </lab7:domain>
}

Domain::~Domain() {
    enter_kernel_domain();
    if (heap_) heap_->leave(*this);
}

Result<void> Domain::map(PhysAddr start, std::uint32_t count, Writable writable) {
    if (!directory_) return {};
    // <lab7:domain start, count, writable, user_at>
    return directory_->map_identity(start, count, writable, user_at(level_));
    // </lab7:domain>
}

void Domain::unmap(const Frames& frames) {
    if (!directory_ || !frames) return;
    // <lab7:domain frames>
    directory_->unmap(identity(frames.start()), frames.count());
    // </lab7:domain>
}

} // namespace singlet::kern
