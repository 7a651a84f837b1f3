// What stands behind the gates [gates.S]. Each kernel call of abi.def and each service of
// services.def is a function kernel_<name>(arguments) -> result, the same for callers at both
// levels: at CPL 0 the verifier has proved the arguments, at CPL 3 they are checked and copied before.
#pragma once
#include "kern/abi/signatures.hh"
#include "kern/abi/word.hh"
#include "kern/proc/sip.hh"
#include "verifier/compile.hh"

namespace singlet::kern {

extern "C" {
#define KERNEL_CALL(name, ...) Word kernel_##name(const Word* arguments);
#include "kern/abi/abi.def"
#define SERVICE(name) Word kernel_##name(const Word* arguments);
#define RUNTIME(name) Word kernel_##name(const Word* arguments);
#include "kern/abi/services.def"
}

// <since lab7>
/// kernel_select() for who is not believed.
Word ring3_select(const Word* arguments);

// </since>
/// A function's number: kernel calls, then services, then what the run-time asks for.
inline constexpr std::uint32_t kFirstService = abi::kKernelCalls.size();
inline constexpr std::uint32_t kServices = 0
#define SERVICE(name) +1
#include "kern/abi/services.def"
    ;
inline constexpr std::uint32_t kFirstRuntime = kFirstService + kServices;
enum class Runtime : std::uint32_t {
#define RUNTIME(name) name,
#include "kern/abi/services.def"
    kCount
};
inline constexpr std::uint32_t kFunctionCount =
    kFirstRuntime + static_cast<std::uint32_t>(Runtime::kCount);

/// The address that a SIP's code calls for function `number`.
Word function_address(std::uint32_t number, Binding binding);
// <since lab6>
/// The same for code that starts threads: where the function is one that may wait, the call leaves the callee-saved registers
/// where the collector finds them.
Word waiting_function_address(std::uint32_t number, Binding binding);
inline constexpr std::uint32_t kWaitingFunctions = kFirstService + 1; // kernel calls, and select
// </since>

} // namespace singlet::kern
