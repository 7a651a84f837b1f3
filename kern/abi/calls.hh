// What stands behind the gates [gates.S]. Each kernel call of abi.def and each service of
// services.def is a function kernel_<name>(arguments) -> result, the same for callers at both
// levels: at CPL 0 the verifier has proved the arguments, at CPL 3 ring3_call has checked and copied
// them before.
#pragma once
#include "kern/abi/signatures.hh"
#include "kern/ipc/page_source.hh"
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

/// A function's number: kernel calls, then services, then what the run-time asks for.
inline constexpr std::uint32_t kFirstService = abi::kKernelCalls.size();
inline constexpr std::uint32_t kFirstRuntime =
    kFirstService + static_cast<std::uint32_t>(verifier::Service::kCount);
enum class Runtime : std::uint32_t {
#define RUNTIME(name) name,
#include "kern/abi/services.def"
    kCount
};
inline constexpr std::uint32_t kFunctionCount =
    kFirstRuntime + static_cast<std::uint32_t>(Runtime::kCount);

/// The address that a SIP at `level` calls for function `number`.
Word function_address(std::uint32_t number, Binding binding);

} // namespace singlet::kern
