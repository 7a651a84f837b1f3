// Any text: the assembler answers in one sentence, and what it accepts goes through bytes and text unchanged.
#include "grade/fuzz/target.hh"

#include <string_view>

#include "verifier/asm.hh"
#include "verifier/decode.hh"

using namespace singlet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto module =
        verifier::assemble({reinterpret_cast<const char*>(data), size}, "input.sasm");
    if (!module) return module.error().empty() ? std::abort(), 0 : 0;
    if (!verifier::check_bounds(*module)) return 0;
    fuzz::check_round_trips(*module);
    const auto verified = verifier::verify(*module, fuzz::environment());
    if (verified) fuzz::check_proof(*verified);
    return 0;
}
