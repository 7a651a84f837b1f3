#include "kern/abi/binding.hh"
#include "kern/abi/calls.hh"
#include "lib/core/assert.hh"
#include <algorithm>

namespace singlet::kern {

extern "C" {
extern const Word kernel_gates[], kernel_int_stubs[]; // one a function [gates.S]
// <since lab6>
extern const Word kernel_waiting_gates[],
    kernel_waiting_stubs[]; // one a kernel call, then select's
// </since>
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

// <since lab6>
Word waiting_function_address(std::uint32_t number, Binding binding) {
    constexpr std::uint32_t kSelect = kFirstService + std::uint32_t(verifier::Service::Select);
    if (number >= kFirstService && number != kSelect) return function_address(number, binding);
    std::uint32_t nth = std::min(number, kFirstService);
    return binding == Binding::Call ? kernel_waiting_gates[nth] : kernel_waiting_stubs[nth];
}
// </since>

} // namespace singlet::kern
