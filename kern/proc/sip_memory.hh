// The part of a SIP's life that knows how its memory is laid out and how its code begins.
#pragma once
#include "kern/proc/sip.hh"
#include "lib/rt/layout.hh"

namespace singlet::kern {

inline constexpr std::uint32_t kDefaultMemoryPages = 256, kDefaultExchangePages = 4096;

/// The page that running SIP code reads [lib/rt/layout.hh]; at CPL 3 it can do no more than that.
inline void write_now(rt::Now now) { *static_cast<rt::Now*>(writable_now_page) = now; }
Word now_address();

/// Allocates the SIP's memory with `heap_pages` (0: the default) for the collector, and prepares it for
/// the run-time. Error: NoMemory.
Result<void> allocate_memory(Sip& sip, std::uint32_t heap_pages);

/// Runs the SIP's code, on its own thread; returns when it is over.
void enter_sip(Sip& sip);

} // namespace singlet::kern
