// Lets others run, for ever; it never hears who calls it.
#include "user/native/lib/native.hh"

namespace singlet::native {

int main() {
    for (;;)
        yield();
}

} // namespace singlet::native
