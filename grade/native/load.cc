#include "grade/native/load.hh"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/decode.hh"

namespace singlet::native {

using namespace verifier;

void give_up(ExitStatus status, const std::string& sentence) {
    std::fprintf(stderr, "%s\n", sentence.c_str());
    std::exit(status);
}

Verified load(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string file{std::istreambuf_iterator<char>(in), {}};
    if (!in) give_up(kUsage, "cannot read " + path);
    Module module;
    if (path.ends_with(".sasm")) {
        auto assembled = assemble(file, path);
        if (!assembled) give_up(kRefused, assembled.error());
        module = std::move(*assembled);
    } else {
        auto decoded = decode({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()});
        if (!decoded) give_up(kRefused, path + ": " + decoded.error().to_string());
        module = std::move(*decoded);
    }
    static const Environment environment{abi::kKernelCalls};
    auto verified = verify(std::move(module), environment);
    if (!verified) give_up(kRefused, path + ": " + verified.error().to_string());
    const auto& m = verified->module();
    if (!m.functions[m.manifest.entry].params.empty())
        give_up(kUsage, path + " wants resources from its manifest, and there are none here");
    return std::move(*verified);
}

} // namespace singlet::native
