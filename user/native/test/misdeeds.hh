// The misdeeds by number.
#pragma once
#include "user/native/lib/native.hh"

namespace singlet::native {

enum class Misdeed : std::uint32_t {
#define MISDEED(name, ...) name,
#include "user/native/test/misdeeds.def"
    kCount
};

} // namespace singlet::native
