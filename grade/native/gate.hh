// How compiled code and the run-time call the host: as the kernel's gates do it, on a stack of the
// callee's own, because a SIP's segments have no room for a C library.
#pragma once

extern "C" void native_gate();

namespace singlet::native {

// What a SIP calls, cdecl, to reach `function`.
template <auto function>
[[gnu::naked]] void gate() {
    asm("mov %0, %%eax\n\tjmp native_gate" ::"i"(function));
}

} // namespace singlet::native
