// How SIPs ended, for those who ask by number. A SIP itself is gone soon after its end; of the last
// kEndsKept of them this is left.
#pragma once
#include "kern/proc/sip.hh"
#include <optional>

namespace singlet::kern {

inline constexpr std::uint32_t kEndsKept = 256;

struct End {
    std::uint32_t sip = 0;                        // its number
    rt::TrapReason reason = rt::TrapReason::None; // None: by itself
    std::int32_t status = 0;                      // of its exit; of a trap, its number
};

void remember_end(const Sip& sip);
std::optional<End> find_end(std::uint32_t sip);
/// Of all SIPs since the start.
std::uint32_t ends_so_far();

} // namespace singlet::kern
