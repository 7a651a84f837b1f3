// What the fuzz targets share. A target is one file with a libFuzzer entry; it is built twice, with libFuzzer and the
// sanitizers for `make fuzz`, and with replay.cc for `make check`, which runs the corpus again.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "verifier/interpret.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace singlet::fuzz {

verifier::Environment environment();

// Ends the program: a hole. The module is written out as text.
[[noreturn]] void hole(const std::string& sentence, const verifier::Module& module);

// A module that passed check_bounds() is the same after bytes and after text.
void check_round_trips(const verifier::Module& module);

// Runs an accepted module in the interpreter and holds it against its proof; does nothing for one that wants resources.
void check_proof(const verifier::Verified& verified);

// The limits of a run that a fuzzer can afford.
verifier::InterpretOptions brief();

// For targets whose input is a .sbc file: changes it as a module, or as bytes now and then. A file that is no module becomes
// a generated one.
std::size_t mutate_module(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed);

} // namespace singlet::fuzz
