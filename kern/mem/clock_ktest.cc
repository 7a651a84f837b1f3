// What the kernel tells the model clock, seen from the kernel. grade/test_clock.py looks at the same
// run from the clock's side: the marks below are its landmarks.
#include "kern/boot/test.hh"
#include "kern/mem/paging.hh"
#include "lib/core/clock_page.hh"

namespace singlet::kern {

namespace {

constexpr std::uint32_t kPages = 64;

void touch(PhysAddr start) {
    for (std::uint32_t i = 0; i < kPages; i++)
        static_cast<void>(*at<volatile std::uint32_t>(start + i * kPageSize));
}

} // namespace

KERNEL_TEST(model_clock) {
    Frames data = *Frames::allocate(Zone::Sip, kPages, Zeroed::Yes);
    PageDirectory one = *PageDirectory::create(), two = *PageDirectory::create();
    for (PageDirectory* directory : {&one, &two})
        CHECK(directory->map_identity(data.start(), kPages, Writable::Yes, User::No));
    touch(data.start());
    clock_page.set_mark(1); // paging off
    touch(data.start());
    clock_page.set_mark(2);
    one.activate();
    touch(data.start());
    clock_page.set_mark(3); // all pages known
    touch(data.start());
    clock_page.set_mark(4);
    two.activate(); // none known
    touch(data.start());
    clock_page.set_mark(5);
    VirtAddr page(data.start().raw() + kPageSize);
    CHECK(two.map(page, data.start() + kPageSize, Writable::No, User::No)); // INVLPG
    touch(data.start());
    clock_page.set_mark(6);
    clock_page.device_wrote(data.start().raw(), 2 * kPageSize); // two of the lines
    touch(data.start());
    clock_page.set_mark(7);
    // A counter that stands still is one that nobody drives: every clock but the model.
    std::uint64_t before = clock_page.cycles;
    touch(data.start());
    mark<kMarkPublish>();
    CHECK(clock_page.cycles > before || before == 0);
    disable_paging();
}

} // namespace singlet::kern
