// The part of a SIP's life that knows how its memory is laid out and how its code begins.
#pragma once
#include "kern/mem/paging.hh"
#include "kern/proc/sip.hh"
#include "lib/rt/layout.hh"

namespace singlet::kern {

inline constexpr std::uint32_t kDefaultMemoryPages = 256;
// <since lab5>
inline constexpr std::uint32_t kDefaultExchangePages = 256;
// </since>

/// The page that running SIP code reads [lib/rt/layout.hh]; at CPL 3 it can do no more than that.
inline void write_now(const Sip& sip) {
    *static_cast<rt::Now*>(writable_now_page) = {
        .stack_limit = sip.stack.limit, .sip = sip.control, .thread = sip.stack.record};
}
Word now_address();

/// Allocates what the SIP begins with and prepares it for the run-time; `quota` pages (0: the default)
/// are promised for what it will ask for. Error: NoMemory.
Result<void> allocate_memory(Sip& sip, std::uint32_t quota);

/// A thread's stack of these two pages.
SipStack make_stack(Word record, Word segment);

/// Runs the SIP's code, on its own thread; returns when it is over.
void enter_sip(Sip& sip);
// <since lab6>
/// Runs a thunk of its image, on a thread that was started.
void enter_thread(Sip& sip, Word thunk, Word parameters);
// </since>

} // namespace singlet::kern
