#include "kern/boot/test.hh"
#include "kern/mem/frames.hh"

namespace singlet::kern {

namespace {

std::uint32_t free_frames(Zone zone) { return zone_info(zone).free; }

// Takes every frame of a zone and chains them through their first word, which also shows that all
// are memory and none is handed out twice. Returns how many there were.
std::uint32_t take_all(Zone zone, std::uint32_t& chain) {
    std::uint32_t count = 0;
    for (chain = 0;; count++) {
        auto frame = Frames::allocate(zone, 1, Zeroed::No);
        if (!frame) return count;
        PhysAddr address = frame->release();
        *at<std::uint32_t>(address) = chain;
        chain = address.raw();
    }
}

std::uint32_t give_all(std::uint32_t chain) {
    std::uint32_t count = 0;
    for (; chain != 0; count++) {
        Frames frame = Frames::adopt(PhysAddr(chain), 1);
        chain = *at<std::uint32_t>(frame.start());
    }
    return count;
}

} // namespace

KERNEL_TEST(frames) {
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

KERNEL_TEST(frames_exhausted) {
    std::uint32_t before = free_frames(Zone::Sip), chain;
    std::uint32_t taken = take_all(Zone::Sip, chain);
    CHECK(taken == before && free_frames(Zone::Sip) == 0);
    CHECK(Frames::allocate(Zone::Sip, 1, Zeroed::No).error() == Error::NoMemory);
    CHECK(Frames::allocate(Zone::Sip, 2, Zeroed::No).error() == Error::NoMemory);
    CHECK(give_all(chain) == taken && free_frames(Zone::Sip) == before);
}

KERNEL_TEST(frame_runs) {
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
    CHECK(!Frames::allocate(Zone::Sip, before, Zeroed::No));
    CHECK(Frames::allocate(Zone::Sip, 0, Zeroed::No).error() == Error::BadArgument);
}

KERNEL_TEST(frames_given_back) {
    // After the runs above have died, one run can again be as large as before.
    std::uint32_t free = free_frames(Zone::Sip);
    for (int round = 0; round < 3; round++) {
        auto all = Frames::allocate(Zone::Sip, free - 64, Zeroed::No);
        CHECK(all);
    }
    CHECK(free_frames(Zone::Sip) == free);
}

} // namespace singlet::kern
