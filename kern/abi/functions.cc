#include "kern/abi/binding.hh"
#include "kern/abi/calls.hh"
#include "lib/core/assert.hh"

namespace singlet::kern {

extern "C" {
extern const Word kernel_gates[], kernel_int_stubs[]; // one a function [gates.S]
// <since lab7>
extern const Word kernel_sysenter_stubs[];
// </since>
}

Word function_address(std::uint32_t number, Binding binding) {
    ASSERT(number < kFunctionCount);
    // <since lab7>
    if (binding == Binding::Sysenter) return kernel_sysenter_stubs[number];
    // </since>

    // <lab4:bind kernel_gates, kernel_int_stubs, binding>
    return binding == Binding::Call ? kernel_gates[number] : kernel_int_stubs[number];
    // </lab4:bind>
}

} // namespace singlet::kern
