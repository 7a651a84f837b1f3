// A server with room for four bytes.
#include "user/native/lib/native.hh"

namespace singlet::native {

int main() {
    std::byte room[4];
    for (;;) {
        Outcome request = receive(room);
        reply(request.extra, request.value, room);
    }
}

} // namespace singlet::native
