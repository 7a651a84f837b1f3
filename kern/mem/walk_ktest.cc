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

// One word of each page, and no three of them in one set of a cache of 64 KB in two ways: the words
// stay in the cache, so what can be dear is only to find the page.
void walk(PhysAddr start, std::uint32_t pages) {
    for (std::uint32_t round = 0; round < kRounds * kMany / pages; round++) {
        for (std::uint32_t i = 0; i < pages; i++)
            static_cast<void>(
                *at<volatile std::uint32_t>(start + i * kPageSize + i / 8 * kLine % kPageSize));
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
    auto measure = [&](std::uint32_t pages, std::uint16_t mark) {
        walk(start, pages); // what comes into the caches comes now
        clock_page.set_mark(mark);
        walk(start, pages);
        clock_page.set_mark(mark + 1);
    };
    clock_page.set_mark(0); // from here on the clock follows the caches
    measure(kMany, 1);      // off
    measure(kFew, 3);
    directory.activate();
    measure(kMany, 5); // on
    measure(kFew, 7);
    CHECK(directory.map(identity(start), start, Writable::No, User::No));
    clock_page.set_mark(9); // one of the few has changed
    walk(start, kFew);
    clock_page.set_mark(10);
    disable_paging();
}

} // namespace singlet::kern
