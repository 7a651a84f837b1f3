// Kernel calls about the calling SIP itself, and the boot arguments.
#include "kern/abi/calls.hh"
#include "kern/boot/arguments.hh"

namespace singlet::kern {

Word kernel_exit(const Word* arguments) { exit_sip(static_cast<std::int32_t>(arguments[0])); }

Word kernel_yield(const Word*) {
    yield();
    return 0;
}

Word kernel_argument(const Word* arguments) { return boot_argument(arguments[0]); }

Word kernel_mark(const Word* arguments) {
    emit_mark(arguments[0]);
    return 0;
}

Word kernel_ticks(const Word*) {
    Word low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return low;
}

Word kernel_null(const Word*) { return 0; }

} // namespace singlet::kern
