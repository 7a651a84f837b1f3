#include "kern/abi/calls.hh"
#include "kern/abi/trap_kind.hh"
#include "lib/core/assert.hh"

namespace singlet::kern {

extern "C" const Word kernel_gates[], kernel_int_stubs[], kernel_sysenter_stubs[];

Word function_address(std::uint32_t number, Level level) {
    ASSERT(number < kFunctionCount);
    if (level == Level::Kernel) return kernel_gates[number];
    return uses_sysenter() ? kernel_sysenter_stubs[number] : kernel_int_stubs[number];
}

} // namespace singlet::kern
