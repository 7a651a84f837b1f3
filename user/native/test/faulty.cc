// Does what the processor does not let CPL 3 do: what it was told.
#include "user/native/lib/native.hh"
#include "user/native/test/told.hh"

namespace singlet::native {

namespace {

[[gnu::noinline]] int descend(int depth) {
    if (depth == 0) return 0;
    volatile char frame[512];
    frame[0] = static_cast<char>(depth);
    return descend(depth + 1) + frame[0];
}

} // namespace

int main() {
    switch (told()) {
    case 0:
        asm volatile("movl $1, 0" ::: "memory");
        break;
    case 1:
        asm volatile("movl $1, 0x40000000" ::: "memory"); // its code
        break;
    case 2:
        return descend(1); // deeper than its stack
    case 3:
        asm volatile("cli");
        break;
    case 4:
        asm volatile("ud2");
        break;
    case 5:
        asm volatile("divl %0" ::"r"(0), "a"(1), "d"(0));
        break;
    default:
        return 0;
    }
    return 1; // it was let through
}

} // namespace singlet::native
