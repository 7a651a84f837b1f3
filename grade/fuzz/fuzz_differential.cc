// Generated programs, a third of them spoilt: what the verifier accepts runs in the interpreter, held against its proof, and as
// compiled code, with and without a collection before each allocation. Both print the same and end the same. A 32-bit program,
// because compiled code is.
#include "grade/fuzz/target.hh"

#include <cstdio>
#include <cstdlib>

#include "grade/native/machine.hh"
#include "verifier/fuzz/generate.hh"

using namespace singlet;
using namespace singlet::verifier;

namespace {

std::string in_words(const native::Outcome& outcome) {
    using What = native::Outcome::What;
    Outcome same;
    same.status = outcome.status;
    same.reason = outcome.reason;
    same.number = outcome.number;
    switch (outcome.what) {
    case What::Exit:
        return same.summary();
    case What::Trap:
        same.what = Outcome::What::Trap;
        return same.summary();
    case What::Deadlock:
        same.what = Outcome::What::Deadlock;
        return same.summary();
    case What::TimeOut:
        return "out of time";
    case What::Fault:
        break;
    }
    return "signal " + std::to_string(outcome.status);
}

void compare(const Verified& verified, const Outcome& expected, bool collect_always) {
    native::Options options;
    options.collect_always = collect_always;
    native::Machine machine(verified, options);
    const auto outcome = machine.run(10);
    const std::string ending = in_words(outcome);
    if (ending == expected.summary() && machine.console == expected.console) return;
    fuzz::hole("compiled code ends with " + ending + " at " + machine.where(outcome.address) +
                   ", prints " + machine.console + "\nthe interpreter ends with " +
                   expected.summary() + " at " + expected.where + ", prints " + expected.console,
               verified.module());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Choices choices(std::span(data, size));
    const bool spoilt = choices.chance(33);
    Module module = fuzz::generate(choices);
    if (spoilt) fuzz::spoil(module, choices);
    const auto verified = verify(std::move(module), fuzz::environment());
    if (!verified ||
        !verified->module().functions[verified->module().manifest.entry].params.empty())
        return 0;
    const Outcome expected = interpret(proof_of(*verified), fuzz::brief());
    if (expected.what == Outcome::What::Stuck || expected.what == Outcome::What::Mismatch)
        fuzz::hole(expected.summary() + " at " + expected.where, verified->module());
    if (expected.what == Outcome::What::OutOfSteps) return 0;
    if (expected.reason == rt::TrapReason::StackOverflow) return 0; // each has its own depth
    compare(*verified, expected, false);
    compare(*verified, expected, true);
    return 0;
}
