// abi.def as data for the verifier: what each kernel call takes and gives.
#pragma once

#include <array>

#include "verifier/verify.hh"

namespace singlet::abi {

enum class Call : std::uint16_t {
#define KERNEL_CALL(name, result, ...) name,
#include "kern/abi/abi.def"
    kCount
};

namespace detail {
using enum verifier::BuiltinType;
template <verifier::BuiltinType... P>
inline constexpr std::array<verifier::BuiltinType, sizeof...(P)> params{P...};
} // namespace detail

inline constexpr auto kKernelCalls = [] {
    using enum verifier::BuiltinType;
    return std::array{
#define KERNEL_CALL(name, result, ...)                                                             \
    verifier::KernelCall{#name, detail::params<__VA_ARGS__>, result},
#include "kern/abi/abi.def"
    };
}();

} // namespace singlet::abi
