#include "kern/proc/ends.hh"

#include <algorithm>
#include <array>

namespace singlet::kern {

namespace {
constinit std::array<End, kEndsKept> ends{};
constinit std::uint32_t count = 0;
} // namespace

void remember_end(const Sip& sip) {
    bool by_itself = sip.reason == rt::TrapReason::None;
    ends[count++ % kEndsKept] = {.sip = sip.number,
                                 .reason = sip.reason,
                                 .status = by_itself ? sip.status
                                                     : static_cast<std::int32_t>(sip.trap_number)};
}

std::optional<End> find_end(std::uint32_t sip) {
    auto found = std::ranges::find(ends, sip, &End::sip);
    if (!sip || found == ends.end()) return std::nullopt;
    return *found;
}

std::uint32_t ends_so_far() { return count; }

} // namespace singlet::kern
