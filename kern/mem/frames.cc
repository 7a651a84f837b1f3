#include "kern/mem/layout.hh"
namespace singlet::kern {
std::uint32_t readable_end() { return 0x8000000; }
} // namespace singlet::kern
