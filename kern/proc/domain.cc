#include "kern/proc/domain.hh"

#include "kern/cpu/exit.hh"
#include "kern/proc/sip.hh"
#include "lib/core/assert.hh"

namespace singlet::kern {

namespace {

// The kernel's own page tables: all of the SIP zone as well, for its threads alone.
constinit std::optional<PageDirectory> kernel_directory;

User user_at(Level level) { return level == Level::User ? User::Yes : User::No; }

} // namespace

Result<std::unique_ptr<Domain>> Domain::create(std::string name, Level level, bool paging,
                                               Ref<DomainHeap> heap) {
    std::unique_ptr<Domain> domain(new Domain(std::move(name), level));
    if (paging) domain->directory_.emplace(TRY(PageDirectory::create()));
    if (heap) {
        TRY(heap->join(*domain));
        domain->heap_ = std::move(heap);
    }
    return domain;
}

Domain::~Domain() {
    enter_kernel_domain();
    if (heap_) heap_->leave(*this);
}

Result<void> Domain::map(PhysAddr start, std::uint32_t count, Writable writable) {
    if (!directory_) return {};
    return directory_->map_identity(start, count, writable, user_at(level_));
}

void Domain::unmap(const Frames& frames) {
    if (directory_ && frames) directory_->unmap(identity(frames.start()), frames.count());
}

void start_paging() {
    auto created = PageDirectory::create();
    ZoneInfo zone = zone_info(Zone::Sip);
    std::uint32_t pages = (zone.end.raw() - zone.start.raw()) / kPageSize;
    if (!created || !created->map_identity(zone.start, pages, Writable::Yes, User::No))
        fail("no memory for the kernel's page tables");
    kernel_directory.emplace(std::move(*created));
    enter_kernel_domain();
}

namespace {
void set_kernel_rights(const Frames& frames, Writable writable) {
    if (!kernel_directory || !frames) return;
    auto done = kernel_directory->map_identity(frames.start(), frames.count(), writable, User::No);
    ASSERT(done); // all page tables are there
}
} // namespace

void seal(const Frames& frames) { set_kernel_rights(frames, Writable::No); }
void unseal(const Frames& frames) { set_kernel_rights(frames, Writable::Yes); }

void enter_kernel_domain() {
    if (kernel_directory) kernel_directory->activate();
}

} // namespace singlet::kern
