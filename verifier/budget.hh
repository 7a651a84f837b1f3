// How much memory a pass may take at most, known before it runs. The passes keep their facts in
// standard containers, and in the kernel a container that finds no memory has no way back; so the
// kernel asks here first and refuses a module that might not fit. Each bound is a sum over what the
// module counts; a vector that grows counts three times, since its old and its new, twice as large
// store exist together. grade/test_memory.py compares the bounds with what the kernel really used
// for the worst modules inside limits.hh.
#pragma once

#include <cstddef>
#include <cstdint>

#include "verifier/verify.hh"

namespace singlet::verifier {

// All in bytes, beyond what is in use when the pass begins.
std::uint64_t memory_to_decode(std::size_t file_bytes);
std::uint64_t memory_to_verify(const Module& module);
std::uint64_t memory_to_compile(const Verified& verified);

} // namespace singlet::verifier
