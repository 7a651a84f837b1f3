// What is in use, counted, so that it can be shown that ended SIPs leave nothing behind.
#pragma once
#include <cstdint>

namespace singlet::kern {

struct Holdings {
    std::uint32_t kernel_frames; // in use, less those that the kernel heap holds
    std::uint32_t sip_frames;
    // <since lab5>
    std::uint32_t blocks, endpoints, sets;
    // </since>
};

Holdings holdings();

/// One line on the console; false when there is more in use than before.
bool print_leaks(const Holdings& before, const Holdings& after);

} // namespace singlet::kern
