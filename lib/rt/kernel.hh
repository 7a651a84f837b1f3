// Between the run-time of a SIP and the kernel. The first page of a SIP's memory is its SipControl:
// the kernel fills it in before the SIP starts, the run-time keeps its own state behind it, and finds
// it at any time through Now::sip.
//
//   | SipControl, run-time state | stack: grows down | collected heap |
//   one page                       from stack_top      [heap_begin, heap_end)
#pragma once

#include "lib/rt/layout.hh"

namespace singlet::rt {

struct SipControl {
    Word heap_begin, heap_end; // zero, page-aligned
    Word stack_top;            // the collector's way up the stack ends here
    Word code_begin, code_end; // of the image; a return address outside belongs to no frame of ours
    Word maps, map_count;      // StackMap[map_count]: return_address is an offset from code_begin
    Word map_slots;            // std::uint16_t[]
    // The kernel functions that the run-time calls, cdecl, at the SIP's level. `trap` does not return;
    // `address` is the place to blame: the return address of the helper that was called.
    Word trap;  // void (TrapReason reason, Word number, Word address)
    Word free;  // void (Word block): Service::Free, for what an unreachable cell held; 0: keep it
    Word flags; // kCollectAlways
    // The rest of the page is zero at the start, and the run-time's.
};

// For tests: collect before every allocation, so that a missing reference shows at once.
inline constexpr Word kCollectAlways = 1;

// Where the collector's last frame ends: the start thunk returns to an address outside the code.

// The address of a helper [verifier::Helper by number], in .rt; the same at both levels.
Word helper_address(std::uint32_t helper);

// At the start of a page that SIPs read at either level.
extern "C" const volatile Now now_page;

} // namespace singlet::rt
