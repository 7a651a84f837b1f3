// A thread's stack: segments, as a rule of one page, linked as calls need them and unlinked as they
// return. A prologue compares ESP with Now::stack_limit; below it, the function's arguments and its
// way back are copied to another segment, where it runs and returns to rt_unlink, which goes back to
// the caller's segment. One empty segment is kept, for a call on a boundary is often made again.
//
//   thread's page          first segment                          newest segment
//   | Thread | run-time's | Segment | reserve | ... frames | <--- | Segment | reserve | free | frames |
//            |   stack -> |         |         |            |                ^ limit        ^ esp
//                            ^---- previous, return_slot -------------- |
//
// The run-time's own stack is for what a helper does that needs more than the reserve: collecting,
// linking. Threads of a SIP change only at safepoints, never inside a helper.
#pragma once

#include "lib/rt/layout.hh"

namespace singlet::rt {

inline constexpr Word kPage = 4096;

template <class T>
T* at(Word address) {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}
template <class T>
Word address_of(T* p) {
    return static_cast<Word>(reinterpret_cast<std::uintptr_t>(p));
}

// At the low end of its pages.
struct Segment {
    Word previous; // Segment*; 0: the thread's first
    Word
        return_slot; // in the previous one: where the return address lies of the call that linked us
    Word pages;
    Word reserved;
};
static_assert(offsetof(Segment, return_slot) == 4 && sizeof(Segment) == 16); // entry.S

inline constexpr Word stack_limit_of(Word segment) {
    return segment + static_cast<Word>(sizeof(Segment)) + kStackReserve;
}

// At the low end of the thread's page; the rest of that page is the run-time's stack.
struct Thread {
    Word segment; // Segment* in which the thread runs
    Word spare;   // Segment* of one page that is not linked, or 0
    Word linked;  // segments that calls have linked, for whoever asks
    // <since lab6>
    Word stands; // CallerState* of the call into the kernel where it waits for its turn
    // </since>
};
static_assert(offsetof(Thread, segment) == 0); // entry.S

// What a function passes when it asks for stack: words of its frame, and of its arguments on the stack.
constexpr Word stack_request(Word frame_words, Word argument_words) {
    return frame_words << 8 | argument_words;
}

// Where a function that has run in a segment of its own returns to [entry.S].
extern "C" void rt_unlink();

} // namespace singlet::rt
