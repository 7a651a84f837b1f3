// Addresses as SIPs, their run-time and their images have them: words of the 32-bit machine, also in
// the unit tests on a 64-bit host.
#pragma once
#include "lib/rt/layout.hh"

namespace singlet::kern {

using rt::Word;

template <class T>
T* pointer(Word address) {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}
inline Word word(const void* address) {
    return static_cast<Word>(reinterpret_cast<std::uintptr_t>(address));
}

} // namespace singlet::kern
