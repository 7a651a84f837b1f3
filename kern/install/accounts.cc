#include "kern/install/accounts.hh"

#include "kern/dev/console.hh"
#include "kern/mem/heap.hh"
#include "kern/proc/sip.hh"

namespace singlet::kern {

namespace {

std::uint32_t used(Zone zone) {
    ZoneInfo info = zone_info(zone);
    return info.frames - info.free;
}

} // namespace

Holdings holdings() {
    Holdings now{};
    // <since lab5>
    exchange_heap().trim();
    const HeapStats& stats = exchange_heap().stats();
    now.blocks = stats.blocks;
    now.endpoints = stats.endpoints;
    now.sets = stats.sets;
    // </since>
    now.kernel_frames = used(Zone::Kernel) - heap::counts().frames;
    now.sip_frames = used(Zone::Sip);
    return now;
}

bool print_leaks(const Holdings& before, const Holdings& after) {
    auto frames = static_cast<std::int32_t>(after.kernel_frames + after.sip_frames -
                                            before.kernel_frames - before.sip_frames);
    print("singlet: all SIPs have ended; leaked: {} frames", frames);
    bool whole = frames <= 0;
    // <since lab5>
    auto blocks = static_cast<std::int32_t>(after.blocks - before.blocks);
    auto endpoints =
        static_cast<std::int32_t>(after.endpoints + after.sets - before.endpoints - before.sets);
    print(", {} blocks, {} endpoints", blocks, endpoints);
    whole &= blocks <= 0 && endpoints <= 0;
    // </since>
    print("\n");
    return whole;
}

} // namespace singlet::kern
