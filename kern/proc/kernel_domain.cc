#include "kern/proc/kernel_domain.hh"

#include "kern/cpu/exit.hh"
#include "kern/mem/paging.hh"
#include "lib/core/assert.hh"
#include <optional>

namespace singlet::kern {

namespace {

// The kernel's own page tables: all of the SIP zone as well, for its threads alone.
constinit std::optional<PageDirectory> directory;

} // namespace

void start_paging() {
    auto created = PageDirectory::create();
    ZoneInfo zone = zone_info(Zone::Sip);
    std::uint32_t pages = (zone.end.raw() - zone.start.raw()) / kPageSize;
    if (!created || !created->map_identity(zone.start, pages, Writable::Yes, User::No))
        fail("no memory for the kernel's page tables");
    directory.emplace(std::move(*created));
    enter_kernel_domain();
}

void enter_kernel_domain() {
    if (directory) directory->activate();
}

// <since lab4>
namespace {
void set_rights(const Frames& frames, Writable writable) {
    if (!directory || !frames) return;
    auto done = directory->map_identity(frames.start(), frames.count(), writable, User::No);
    ASSERT(done); // all page tables are there
}
} // namespace

void seal(const Frames& frames) { set_rights(frames, Writable::No); }
void unseal(const Frames& frames) { set_rights(frames, Writable::Yes); }
// </since>

} // namespace singlet::kern
