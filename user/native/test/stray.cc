// Names memory that is not its own to a system call: the one it was told.
#include "user/native/lib/native.hh"
#include "user/native/test/told.hh"

namespace singlet::native {

int main() {
    switch (told()) {
    case 0:
        native_print(0, 1);
        break;
    case 1:
        native_print(0x100000, 16); // the kernel
        break;
    case 2:
        native_print(0x7ffffff0, 0xffffffff); // wraps
        break;
    case 3:
        native_print(0x40000000, 0xc0000000); // from its first byte on, everything
        break;
    case 4:
        native_receive(0x40000000, 4); // its code: to read, not to write
        break;
    case 5:
        native_receive(0x7ffefff0, 64); // half of it below the stack
        break;
    default:
        native_print("", 0);
        native_print(0x40000000, 4096 + 1); // more than a print takes: an error, and no more
        return 0;
    }
    return 1; // it was let through
}

} // namespace singlet::native
