// Any text as Sing: the compiler answers with messages or with a module that the verifier accepts.
#include "grade/fuzz/target.hh"

#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#include "user/singc/compile.hh"
#include "verifier/decode.hh"

using namespace singlet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int file = memfd_create("input.sing", 0);
    static const std::string path = "/proc/self/fd/" + std::to_string(file);
    if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size))
        std::abort();
    const auto compiled = singc::compile(path, ".");
    if (!compiled.module) return compiled.messages.empty() ? std::abort(), 0 : 0;
    if (!verifier::check_bounds(*compiled.module)) return 0; // above a limit
    const auto verified = verifier::verify(*compiled.module, fuzz::environment());
    if (verified)
        fuzz::check_proof(*verified);
    else if (verified.error().rule != verifier::Rule::Limit)
        fuzz::hole("singc made what is refused: " + verified.error().to_string(), *compiled.module);
    return 0;
}
