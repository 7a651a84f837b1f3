// Pass 1: from bytes to a Module, or one sentence why not. A file has exactly one spelling of each module, so
// encode(decode(b)) == b and decode(encode(m)) == m. What decode() allocates is bounded by the file's size.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "verifier/bounded_module.hh"

namespace singlet::verifier {

Checked<BoundedModule> decode(std::span<const std::uint8_t> bytes);

// Letters, digits, '_' and '$', in parts joined by '.', each part beginning with no digit; at most limits::kNameBytes.
bool valid_name(std::string_view name);

} // namespace singlet::verifier
