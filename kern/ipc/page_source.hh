// Where the exchange heap gets its memory from: runs of pages at addresses below 4 GB. In the
// kernel that is the frame allocator, and for the heap of a CPL-3 domain frames that are mapped in
// that domain only; in the unit tests it is a part of the host's memory.
#pragma once
#include "kern/abi/word.hh"

namespace singlet::kern {

class PageSource {
public:
    /// `pages` pages at consecutive addresses, contents undefined; 0 when there are none.
    virtual Word allocate(std::uint32_t pages) = 0;
    virtual void free(Word address, std::uint32_t pages) = 0;

protected:
    ~PageSource() = default;
};

inline constexpr std::uint32_t kExchangePage = 4096;

} // namespace singlet::kern
