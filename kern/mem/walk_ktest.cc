// What paging costs: the same walk over memory, with paging off and on. The grader of lab 1 looks at it
// from the clock's side, where the marks are its landmarks.
#include "kern/boot/test.hh"
#include "kern/mem/paging.hh"
#include "lib/core/clock_page.hh"

namespace singlet::kern {

namespace {

constexpr std::uint32_t kMany = 1024; // more pages than the TLBs of any model hold
constexpr std::uint32_t kFew = 16;    // less than the smallest does
constexpr std::uint32_t kRounds = 4;
constexpr std::uint32_t kLine = 64;

// One word of each page, each in another line of the cache: what is dear here is to find the page.
void walk(PhysAddr start, std::uint32_t pages) {
    for (std::uint32_t round = 0; round < kRounds * kMany / pages; round++) {
        for (std::uint32_t i = 0; i < pages; i++)
            static_cast<void>(
                *at<volatile std::uint32_t>(start + i * kPageSize + i * kLine % kPageSize));
    }
}

} // namespace

KERNEL_TEST_AFTER(320, walk_cost) {
    // The highest frames lie one behind the other; nothing has taken any of them yet.
    ZoneInfo zone = zone_info(Zone::Sip);
    CHECK(zone.free == zone.frames && zone.frames >= kMany);
    PhysAddr start(zone.end.raw() - (kMany + 64) * kPageSize);
    PageDirectory directory = *PageDirectory::create();
    for (std::uint32_t i = 0; i < kMany; i++) {
        PhysAddr frame = start + i * kPageSize;
        CHECK(directory.map(identity(frame), frame, Writable::Yes, User::No));
    }
    walk(start, kMany);
    clock_page.set_mark(1); // off
    walk(start, kMany);
    clock_page.set_mark(2);
    walk(start, kFew);
    clock_page.set_mark(3);
    directory.activate();
    walk(start, kMany);
    clock_page.set_mark(4); // on
    walk(start, kMany);
    clock_page.set_mark(5);
    walk(start, kFew);
    clock_page.set_mark(6); // all of the few are in the TLB
    CHECK(directory.map(identity(start), start, Writable::No, User::No));
    clock_page.set_mark(7); // but one
    walk(start, kFew);
    clock_page.set_mark(8);
    disable_paging();
}

} // namespace singlet::kern
