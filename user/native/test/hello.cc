// The first program: prints, and ends with status 0.
#include "user/native/lib/native.hh"

namespace singlet::native {

int main() {
    print("hello from process {}, at CPL 3\n", self());
    return 0;
}

} // namespace singlet::native
