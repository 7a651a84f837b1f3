#include "kern/boot/test.hh"
#include "kern/mem/every_frame.hh"

namespace singlet::kern {

namespace {

std::uint32_t free_frames(Zone zone) { return zone_info(zone).free; }

} // namespace

KERNEL_TEST_AFTER(300, frames) {
    std::uint32_t before = free_frames(Zone::Kernel);
    {
        auto frame = Frames::allocate(Zone::Kernel, 1, Zeroed::Yes);
        CHECK(frame && frame->start().page_aligned() && frame->count() == 1);
        CHECK(*at<std::uint32_t>(frame->start()) == 0);
        CHECK(free_frames(Zone::Kernel) == before - 1);
        Frames moved = std::move(*frame);
        CHECK(!*frame && moved && free_frames(Zone::Kernel) == before - 1);
    }
    CHECK(free_frames(Zone::Kernel) == before);
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
    CHECK(free_frames(Zone::Sip) == before);
}

KERNEL_TEST_AFTER(300, frame_runs) {
    std::uint32_t before = free_frames(Zone::Sip);
    auto a = Frames::allocate(Zone::Sip, 100, Zeroed::Yes);
    auto b = Frames::allocate(Zone::Sip, 4, Zeroed::No, 4);
    auto c = Frames::allocate(Zone::Sip, 33, Zeroed::No);
    CHECK(a && b && c && b->start().raw() % (4 * kPageSize) == 0);
    CHECK(a->start() >= b->end() && b->start() >= c->end());
    CHECK(free_frames(Zone::Sip) == before - 137);
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
    CHECK(free_frames(Zone::Sip) == free);
}

} // namespace singlet::kern
