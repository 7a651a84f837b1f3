#include "user/native/lib/native.hh"
#include "lib/core/assert.hh"

namespace singlet {

void assertion_failed(const char* expression, const char* file, int line) {
    native::print("assertion failed: {}, at {}:{}\n", expression, file, line);
    native::exit(99);
}

namespace native {

extern "C" int native_main() { return main(); }

} // namespace native

} // namespace singlet
