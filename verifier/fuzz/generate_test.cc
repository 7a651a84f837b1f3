// Generated programs through verifier and interpreter. What is accepted never gets stuck and is what its proof says, before
// every instruction; what is refused may get stuck, but the interpreter bears it. Seeds are fixed; SINGLET_PROGRAMS=100000 for
// a long night.
#include "verifier/fuzz/generate.hh"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

#include "kern/abi/signatures.hh"
#include "verifier/decode.hh"
#include "verifier/dis.hh"
#include "verifier/encode.hh"
#include "verifier/interpret.hh"

using namespace singlet::verifier;
using singlet::fuzz::Choices;
using singlet::fuzz::generate;
using singlet::fuzz::spoil;

namespace {

const Environment kEnvironment{singlet::abi::kKernelCalls};

std::uint64_t programs() {
    const char* n = std::getenv("SINGLET_PROGRAMS");
    return n ? std::strtoull(n, nullptr, 10) : 1000;
}

InterpretOptions brief() {
    InterpretOptions options;
    options.steps = 20'000;
    options.depth = 100;
    return options;
}

// Runs it against its proof if it has one. Whether it was accepted.
bool hold(Module module, std::map<std::string, std::uint64_t>& endings) {
    const auto verified = verify(module, kEnvironment);
    if (!verified) {
        if (check_bounds(module) && module.functions[module.manifest.entry].params.empty())
            interpret(module, kEnvironment, brief());
        ++endings["refused " + std::string(info(verified.error().rule).id)];
        CHECK(verified.error().rule != Rule::Edge);
        return false;
    }
    if (!module.functions[module.manifest.entry].params.empty()) return true;
    const Outcome outcome = interpret(proof_of(*verified), brief());
    ++endings[outcome.summary()];
    if (outcome.what == Outcome::What::Stuck || outcome.what == Outcome::What::Mismatch) {
        CAPTURE(outcome.where);
        CAPTURE(disassemble(module));
        CHECK(outcome.summary() == "");
    }
    return true;
}

void report(const std::map<std::string, std::uint64_t>& endings) {
    if (!std::getenv("SINGLET_PROGRAMS")) return;
    for (const auto& [ending, count] : endings)
        MESSAGE(ending, ": ", count);
}

} // namespace

TEST_CASE("generated programs are accepted and do what their proofs say") {
    std::uint64_t accepted = 0;
    std::map<std::string, std::uint64_t> endings;
    for (std::uint64_t seed = 0; seed < programs(); ++seed) {
        CAPTURE(seed);
        Choices choices(seed);
        accepted += hold(generate(choices), endings);
    }
    report(endings);
    CHECK(accepted * 100 >= programs() * 95);
}

TEST_CASE("nearly right programs are refused, or do what their proofs say") {
    std::uint64_t accepted = 0;
    std::map<std::string, std::uint64_t> endings;
    for (std::uint64_t seed = 0; seed < programs(); ++seed) {
        CAPTURE(seed);
        Choices choices(seed);
        Module module = generate(choices);
        spoil(module, choices);
        accepted += hold(std::move(module), endings);
    }
    report(endings);
    CHECK(accepted * 10 > programs());
    CHECK(accepted * 10 < programs() * 9);
}
