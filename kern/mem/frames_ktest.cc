#include "kern/boot/test.hh"
#include "kern/mem/every_frame.hh"
#include <numeric>

namespace singlet::kern {

namespace {

std::uint32_t free_frames(Zone zone) { return zone_info(zone).free; }

} // namespace

KERNEL_TEST_AFTER(300, frames) {
    std::uint32_t before = free_frames(Zone::Kernel);
    {
        auto frame = Frames::allocate(Zone::Kernel, 1, Zeroed::Yes);
        CHECK(frame && frame->start().page_aligned() && frame->count() == 1);
        CHECK_EQUAL(*at<std::uint32_t>(frame->start()), 0);
        CHECK_EQUAL(free_frames(Zone::Kernel), before - 1);
        Frames moved = std::move(*frame);
        CHECK(!*frame && moved && free_frames(Zone::Kernel) == before - 1);
    }
    CHECK_EQUAL(free_frames(Zone::Kernel), before);
    ZoneInfo kernel = zone_info(Zone::Kernel), sip = zone_info(Zone::Sip);
    CHECK(kernel.end == sip.start && sip.frames > 20000);
    auto high = Frames::allocate(Zone::Sip, 1, Zeroed::No);
    CHECK(high && high->start() >= sip.start && high->end() <= sip.end);
}

KERNEL_TEST_AFTER(300, frames_exhausted) {
    std::uint32_t before = free_frames(Zone::Sip);
    {
        EveryFrame all(Zone::Sip);
        CHECK(all.count() == before && free_frames(Zone::Sip) == 0);
        CHECK(Frames::allocate(Zone::Sip, 1, Zeroed::No).error() == Error::NoMemory);
        CHECK(all.give_one() && free_frames(Zone::Sip) == 1);
        CHECK(Frames::allocate(Zone::Sip, 1, Zeroed::Yes)); // that one, and back it goes
        while (all.give_one())
            ;
    }
    CHECK_EQUAL(free_frames(Zone::Sip), before);
    EveryFrame again(Zone::Sip); // what came back is found again
    CHECK_EQUAL(again.count(), before);
}

KERNEL_TEST_AFTER(300, frame_runs) {
    std::uint32_t before = free_frames(Zone::Sip);
    auto a =
        Frames::allocate(Zone::Sip, 101, Zeroed::Yes); // so that b does not fit exactly below it
    auto b = Frames::allocate(Zone::Sip, 4, Zeroed::No, 4);
    auto c = Frames::allocate(Zone::Sip, 33, Zeroed::No);
    CHECK(a && b && c && b->start().raw() % (4 * kPageSize) == 0);
    CHECK(a->start() >= b->end() && b->start() >= c->end());
    CHECK_EQUAL(free_frames(Zone::Sip), before - 138);
    PhysAddr hole = a->start();
    a->give_back();
    auto d = Frames::allocate(Zone::Sip, 60, Zeroed::No);
    CHECK(d && d->start() >= hole); // the hole is used again
    CHECK(Frames::allocate(Zone::Sip, before, Zeroed::No).error() == Error::NoMemory);
    CHECK(Frames::allocate(Zone::Sip, 0, Zeroed::No).error() == Error::BadArgument);
}

KERNEL_TEST_AFTER(300, frames_given_back) {
    // After the runs above have died, one run can again be as large as before.
    std::uint32_t free = free_frames(Zone::Sip);
    for (int round = 0; round < 3; round++) {
        auto all = Frames::allocate(Zone::Sip, free - 64, Zeroed::No);
        CHECK(all);
    }
    CHECK_EQUAL(free_frames(Zone::Sip), free);
}

KERNEL_TEST_AFTER(300, frames_promised) {
    std::uint32_t before = free_frames(Zone::Sip);
    CHECK(promise_frames(Zone::Sip, before - 10) && !promise_frames(Zone::Sip, 11));
    CHECK(Frames::allocate(Zone::Sip, 11, Zeroed::No).error() == Error::NoMemory);
    {
        auto other = Frames::allocate(Zone::Sip, 10, Zeroed::No);
        CHECK(other && Frames::allocate(Zone::Sip, 1, Zeroed::No).error() == Error::NoMemory);
        auto kept = Frames::allocate(Zone::Sip, 5, Zeroed::No, 1, Promised::Yes);
        CHECK(kept && zone_info(Zone::Sip).promised == before - 15);
    }
    renew_promise(Zone::Sip, 5);
    drop_promise(Zone::Sip, before - 10);
    CHECK(zone_info(Zone::Sip).promised == 0 && free_frames(Zone::Sip) == before);
}

KERNEL_TEST_AFTER(300, frames_broken_up) {
    Fragmentation before = fragmentation(Zone::Sip);
    CHECK(before.free == free_frames(Zone::Sip) && before.largest_run <= before.free);
    auto a = Frames::allocate(Zone::Sip, before.largest_run, Zeroed::No);
    CHECK(a && fragmentation(Zone::Sip).runs == before.runs - 1);
    Frames pieces[3];
    std::uint32_t third = before.largest_run / 3;
    PhysAddr start = a->release();
    for (std::uint32_t i = 0; i < 3; i++)
        pieces[i] = Frames::adopt(start + i * third * kPageSize,
                                  i < 2 ? third : before.largest_run - 2 * third);
    pieces[0].give_back();
    pieces[2].give_back();
    Fragmentation broken = fragmentation(Zone::Sip);
    CHECK(broken.free == before.free - third && broken.runs == before.runs + 1);
    CHECK(broken.largest_run < before.largest_run);
    CHECK_EQUAL(std::accumulate(broken.by_length.begin(), broken.by_length.end(), 0u), broken.runs);
    CHECK(broken.by_length[unsigned(std::bit_width(broken.largest_run)) - 1] != 0);
    CHECK(!Frames::allocate(Zone::Sip, broken.largest_run + 1, Zeroed::No));
    pieces[1].give_back();
    CHECK_EQUAL(fragmentation(Zone::Sip).largest_run, before.largest_run);
}

} // namespace singlet::kern
