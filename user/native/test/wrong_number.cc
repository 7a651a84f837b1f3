// Makes a system call that does not exist.
#include "user/native/lib/native.hh"

namespace singlet::native {

int main() {
    std::uint32_t number = 99;
    asm volatile("int $0x80" : "+a"(number)::"edx", "memory");
    return 1; // it was let through
}

} // namespace singlet::native
