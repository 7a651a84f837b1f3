// What table1 starts over and over: the creation is over with its first instruction, and all that is behind it is the end. The twin of
// the SIP user/newborn.
#include "user/native/lib/native.hh"

namespace singlet::native {

int main() {
    mark(113); // the end of one row of Table 1, and the begin of the next [table1.cc]
    mark(114);
    return 0;
}

} // namespace singlet::native
