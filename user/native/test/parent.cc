// Has a child, which never ends, and waits for it.
#include "user/native/lib/native.hh"

namespace singlet::native {

int main() {
    Outcome child = spawn("turns.elf");
    return wait(static_cast<ProcessId>(child.value)).value; // never
}

} // namespace singlet::native
