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
    exchange_heap().trim();
    const HeapStats& stats = exchange_heap().stats();
    return {.kernel_frames = used(Zone::Kernel) - heap::counts().frames,
            .sip_frames = used(Zone::Sip),
            .blocks = stats.blocks,
            .endpoints = stats.endpoints,
            .sets = stats.sets};
}

bool print_leaks(const Holdings& before, const Holdings& after) {
    auto frames = static_cast<std::int32_t>(after.kernel_frames + after.sip_frames -
                                            before.kernel_frames - before.sip_frames);
    auto blocks = static_cast<std::int32_t>(after.blocks - before.blocks);
    auto endpoints =
        static_cast<std::int32_t>(after.endpoints + after.sets - before.endpoints - before.sets);
    print("singlet: all SIPs have ended; leaked: {} frames, {} blocks, {} endpoints\n", frames,
          blocks, endpoints);
    return frames <= 0 && blocks <= 0 && endpoints <= 0;
}

} // namespace singlet::kern
