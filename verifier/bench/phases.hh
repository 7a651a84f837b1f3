// The steps of an installation, each timed on its own: the same functions that decode(), verify() and compile() call, run over a
// set of modules at once so that there is something to measure.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "verifier/module.hh"

namespace singlet::verifier {

enum class Phase : std::uint8_t { Read, Bounds, Tables, Flow, Liveness, Types, Edges, Compile };
inline constexpr std::size_t kPhases = 8;
inline constexpr std::string_view kPhaseName[kPhases] = {"read",     "bounds", "tables", "flow",
                                                         "liveness", "types",  "edges",  "compile"};

// Seconds of this process' time, for all modules once. The least of several runs: the rest is other people's work.
struct Times {
    double decode = 0, verify = 0, compile = 0;
    double install = 0; // all three, from bytes to code
    std::array<double, kPhases> phase{};
};

Times measure(const std::vector<Module>& modules, int runs);

} // namespace singlet::verifier
