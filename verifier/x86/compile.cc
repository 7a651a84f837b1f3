// The install step: one function after the other, in the module's order, so that the same module
// always gives the same bytes.
#include "verifier/compile.hh"

#include "verifier/x86/image.hh"
#include "verifier/x86/lower.hh"

namespace singlet::verifier {

NativeImage compile(const Verified& verified, const CompileOptions& options) {
    x86::ImageBuilder builder(verified);
    for (std::size_t f = 0; f < verified.module().functions.size(); ++f)
        x86::Lowering(builder, f, options).run();
    builder.emit_start();
    builder.finish();
    return std::move(builder.image());
}

} // namespace singlet::verifier
