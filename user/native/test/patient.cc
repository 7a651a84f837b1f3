// Calls the server turns, which never receives. Status 7: it was told that turns is no more.
#include "user/native/lib/native.hh"

namespace singlet::native {

int main() {
    auto server = static_cast<ProcessId>(find("turns").value);
    return call(server, {}, {}).value == kGone ? 7 : 1;
}

} // namespace singlet::native
