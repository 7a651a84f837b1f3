// The install step: one function after the other, in the module's order, so that the same module
// always gives the same bytes.
#include "verifier/compile.hh"

#include <optional>

#include "verifier/x86/image.hh"
#include "verifier/x86/lower.hh"

namespace singlet::verifier {

namespace {
constexpr std::size_t kLargeFunction = 512;
}

NativeImage compile(const Verified& verified, const CompileOptions& options) {
    x86::ImageBuilder builder(verified);
    // What one function's compilation took of the heap serves the next, unless it was much: memory is reckoned for one large
    // function at a time [budget.cc].
    std::optional<x86::Lowering> lowering;
    const auto& functions = verified.module().functions;
    for (std::size_t f = 0; f < functions.size(); ++f) {
        if (!lowering) lowering.emplace(builder, options);
        lowering->run(f);
        const std::size_t values = functions[f].registers * functions[f].blocks.size(); // or less
        if (functions[f].code.size() + values > kLargeFunction) lowering.reset();
    }
    builder.emit_start();
    builder.finish();
    return std::move(builder.image());
}

} // namespace singlet::verifier
