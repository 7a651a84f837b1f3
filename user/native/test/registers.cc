// What a system call does to the processor: EAX and EDX are its results, and everything else is as it was.
// Ends with status 42, by a call that is made with segments of nothing and strings that go downwards.
#include "user/native/lib/native.hh"

namespace singlet::native {

namespace {

struct Registers {
    std::uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
};
extern "C" void trap_with(Registers* registers);
asm(R"(
    .text
trap_with:
    pusha
    mov 36(%esp), %eax
    push %eax
    mov 4(%eax), %ebx
    mov 8(%eax), %ecx
    mov 12(%eax), %edx
    mov 16(%eax), %esi
    mov 20(%eax), %edi
    mov 24(%eax), %ebp
    mov (%eax), %eax
    int $0x80
    xchg %eax, (%esp)
    mov %ebx, 4(%eax)
    mov %ecx, 8(%eax)
    mov %edx, 12(%eax)
    mov %esi, 16(%eax)
    mov %edi, 20(%eax)
    mov %ebp, 24(%eax)
    pop %ecx
    mov %ecx, (%eax)
    popa
    ret
)");

bool keeps_registers(Call call, std::uint32_t argument, std::int32_t result) {
    Registers r{static_cast<std::uint32_t>(call), argument, 2, 3, 4, 5, 6};
    trap_with(&r);
    return r.eax == static_cast<std::uint32_t>(result) && r.ebx == argument && r.ecx == 2 &&
           r.esi == 4 && r.edi == 5 && r.ebp == 6;
}

// The kernel loads its own and leaves them loaded: at CPL 3 they are as good.
bool has_segments_again() {
    std::uint32_t ds, es, edx;
    asm volatile("mov %%ecx, %%ds\n\tmov %%ecx, %%es\n\tint $0x80\n\tmov %%ds, %0\n\tmov %%es, %1"
                 : "=&b"(ds), "=&S"(es), "=d"(edx)
                 : "a"(Call::null), "c"(0)
                 : "memory");
    return ds == 0x23 && es == 0x23;
}

} // namespace

int main() {
    auto end = static_cast<std::int32_t>(native_grow(2));
    if (!keeps_registers(Call::null, 1, 0)) return 1;
    if (!keeps_registers(Call::grow, 0, end + 2 * 4096)) return 2;
    if (!keeps_registers(Call::wait, 12345, kGone)) return 3;
    if (!has_segments_again()) return 4;
    asm volatile("mov %%ecx, %%ds\n\tmov %%ecx, %%es\n\tstd\n\tint $0x80" ::"a"(Call::exit),
                 "b"(42), "c"(0));
    return 5;
}

} // namespace singlet::native
