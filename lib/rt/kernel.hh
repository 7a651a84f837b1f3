// Between the run-time of a SIP and the kernel. A SIP begins with three pages: its SipControl, which
// the kernel fills in before the SIP starts, with the run-time's own state behind it; then its first
// thread's page and first stack segment [lib/rt/stack.hh]. The run-time finds the first two at any
// time through Now, and asks the kernel for all other pages, one run at a time.
#pragma once

#include "lib/rt/layout.hh"

namespace singlet::rt {

struct SipControl {
    Word data_begin, data_end; // of the image: what a reference points to that is not collected
    Word code_begin, code_end; // of the image; a return address outside belongs to no frame of ours
    Word maps, map_count;      // StackMap[map_count]: return_address is an offset from code_begin
    Word map_slots;            // std::uint16_t[]
    // The kernel functions that the run-time calls, cdecl, at the SIP's level. `trap` does not return;
    // `address` is the place to blame: the return address of the helper that was called.
    Word trap; // void (TrapReason reason, Word number, Word address)
    // <since lab5>
    Word free; // void (Word block): Service::Free, for what an unreachable cell held; 0: keep it
    // </since>
    // Word (Word count): a run of pages of the SIP's own, contents undefined; 0: the quota is used up,
    // or no run is that long
    Word pages;
    Word give_pages;  // void (Word run): takes back what `pages` gave
    Word stack_limit; // void (Word limit): sets Now::stack_limit for this thread
    Word flags;       // kCollectAlways
    // <since lab6>
    Word threads[kMostThreads]; // Thread* of each, where there are several; or 0
    // </since>
    // The rest of the page is zero at the start, and the run-time's.
};

// For tests: collect before every allocation, so that a missing reference shows at once.
inline constexpr Word kCollectAlways = 1;

// The address of a helper [verifier::Helper by number], in .rt; the same at both levels.
Word helper_address(std::uint32_t helper);

// In a page that SIPs read at either level.
extern "C" const volatile Now now_page;

} // namespace singlet::rt
