// What the run-time asks for: pages of the SIP's quota, where its thread's stack ends, and the end of
// the SIP.
#include "kern/abi/calls.hh"
#include "kern/proc/sip_memory.hh"

namespace singlet::kern {

Word kernel_pages(const Word* arguments) { return running_sip->pages.allocate(arguments[0]); }

Word kernel_give_pages(const Word* arguments) {
    running_sip->pages.free(arguments[0]);
    return 0;
}

// Whatever it is, it means nothing to anybody but the SIP.
Word kernel_stack_limit(const Word* arguments) {
    running_sip->stack.limit = arguments[0];
    write_now(*running_sip);
    return 0;
}

// <since lab7>
Word kernel_returned(const Word* arguments) {
    running_sip->result = arguments[0];
    leave_outside();
}

// </since>
// The run-time knows whose call it serves.
Word kernel_trap(const Word* arguments) {
    trap_sip_at(static_cast<rt::TrapReason>(arguments[0]), arguments[1], arguments[2]);
}

} // namespace singlet::kern
