// Pass 1: from bytes to a Module, or one sentence why not. A file has exactly one spelling of each module, so
// encode(decode(b)) == b and decode(encode(m)) == m. What decode() allocates is bounded by the file's size.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "verifier/diagnosis.hh"
#include "verifier/module.hh"

namespace singlet::verifier {

Checked<Module> decode(std::span<const std::uint8_t> bytes);

// What decode() ends with and verify() begins with, because singc makes modules without a file: every table is
// within its limit, every opcode exists, unused fields are zero, every index and register exists, and the
// arguments of call, calli, copy and select lie inside the registers (those of send and callk depend on types
// that are not known yet). After it, no pass needs to look twice before it follows an index of the module, but
// for field and message numbers, whose class or contract is known from types only.
Checked<void> check_bounds(const Module& module);

// Letters, digits, '_' and '$', in parts joined by '.', each part beginning with no digit; at most limits::kNameBytes.
bool valid_name(std::string_view name);

} // namespace singlet::verifier
