// Modules changed a little: the verifier answers, pass 6 finds nothing to say against pass 5, and what is accepted never gets
// stuck and is what its proof says.
#include "grade/fuzz/target.hh"

#include "verifier/decode.hh"

using namespace singlet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto module = verifier::decode({data, size});
    if (!module) return 0;
    const auto verified = verifier::verify(*module, fuzz::environment());
    if (verified) {
        fuzz::check_proof(*verified);
        return 0;
    }
    if (verified.error().rule == verifier::Rule::Edge)
        fuzz::hole("the fixpoint was wrong: " + verified.error().to_string(), *module);
    if (verified.error().to_string().empty()) fuzz::hole("it is refused without a word", *module);
    if ((*module)->functions[(*module)->manifest.entry].params.empty())
        verifier::interpret(*module, fuzz::environment(), fuzz::brief());
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
    return fuzz::mutate_module(data, size, most, seed);
}
