// From a Module to the bytes of a .sbc file. The module must have passed check_bounds().
#pragma once

#include <cstdint>
#include <vector>

#include "verifier/module.hh"

namespace singlet::verifier {

std::vector<std::uint8_t> encode(const Module& module);

} // namespace singlet::verifier
