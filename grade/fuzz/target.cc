#include "grade/fuzz/target.hh"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/decode.hh"
#include "verifier/dis.hh"
#include "verifier/encode.hh"
#include "verifier/fuzz/generate.hh"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace singlet::fuzz {

using namespace verifier;

Environment environment() { return {abi::kKernelCalls}; }

void hole(const std::string& sentence, const Module& module) {
    std::fprintf(stderr, "%s\n%s\n", disassemble(module).c_str(), sentence.c_str());
    std::abort();
}

void check_round_trips(const Module& module) {
    const auto decoded = decode(encode(module));
    if (!decoded) hole("its file is refused: " + decoded.error().to_string(), module);
    if (!(*decoded == module)) hole("its file is another module", module);
    const auto assembled = assemble(disassemble(module), "again.sasm");
    if (!assembled) hole("its text is refused: " + assembled.error(), module);
    if (!(*assembled == module)) hole("its text is another module", module);
}

InterpretOptions brief() {
    InterpretOptions options;
    options.steps = 20'000;
    options.memory_bytes = options.exchange_bytes = 4 << 20;
    options.depth = 100;
    options.threads = 1; // as in native::Machine
    return options;
}

void check_proof(const Verified& verified) {
    const Module& module = verified.module();
    if (!module.functions[module.manifest.entry].params.empty()) return;
    const Outcome outcome = interpret(proof_of(verified), brief());
    if (outcome.what == Outcome::What::Stuck || outcome.what == Outcome::What::Mismatch)
        hole(outcome.summary() + " at " + outcome.where, module);
}

std::size_t mutate_module(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    Choices choices(seed);
    if (choices.chance(10)) return LLVMFuzzerMutate(data, size, most);
    auto decoded = decode({data, size});
    const bool fresh = !decoded || choices.chance(2);
    Module module = fresh ? generate(choices) : (*std::move(decoded)).release();
    if (!fresh || choices.chance(50)) spoil(module, choices);
    const auto bytes = encode(module);
    if (bytes.size() > most) return LLVMFuzzerMutate(data, size, most);
    std::ranges::copy(bytes, data);
    return bytes.size();
}

} // namespace singlet::fuzz
