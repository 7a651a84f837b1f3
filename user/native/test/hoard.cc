// When it is asked, takes all memory that it can get, in steps that get smaller, and keeps it. The reply's
// status is how many pages that were.
#include "user/native/lib/native.hh"

namespace singlet::native {

int main() {
    Outcome request = receive({});
    for (;;) {
        std::int32_t pages = 0;
        for (std::int32_t step = 1024; step; step /= 2) {
            while (grow(static_cast<std::uint32_t>(step)))
                pages += step;
        }
        request = reply_receive(request.extra, pages, {}, {});
    }
}

} // namespace singlet::native
