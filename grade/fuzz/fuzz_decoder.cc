// Any bytes: the decoder answers, and what it accepts has this one spelling as a file and survives the way through text.
#include "grade/fuzz/target.hh"

#include <algorithm>

#include "verifier/decode.hh"
#include "verifier/encode.hh"

using namespace singlet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto module = verifier::decode({data, size});
    if (!module) return module.error().to_string().empty() ? std::abort(), 0 : 0;
    if (!std::ranges::equal(verifier::encode(*module), std::span(data, size)))
        fuzz::hole("it has two spellings", *module);
    fuzz::check_round_trips(*module);
    return 0;
}
