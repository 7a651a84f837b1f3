// The stack of a SIP's thread, as the kernel knows it; the rest is the run-time's [lib/rt/stack.hh].
#pragma once
#include "kern/abi/word.hh"

namespace singlet::kern {

struct SipStack {
    Word record = 0; // rt::Thread
    Word top = 0;    // of the first segment
    Word limit = 0;  // while the thread runs: Now::stack_limit
};

} // namespace singlet::kern
