#include "kern/abi/binding.hh"
#include "kern/abi/calls.hh"
#include "lib/core/assert.hh"

namespace singlet::kern {

extern "C" const Word kernel_gates[], kernel_int_stubs[], kernel_sysenter_stubs[];

Word function_address(std::uint32_t number, Binding binding) {
    ASSERT(number < kFunctionCount);
    switch (binding) {
    case Binding::Call:
        return kernel_gates[number];
    case Binding::Interrupt:
        return kernel_int_stubs[number];
    case Binding::Sysenter:
        return kernel_sysenter_stubs[number];
    }
    ASSERT(!"a binding");
}

} // namespace singlet::kern
