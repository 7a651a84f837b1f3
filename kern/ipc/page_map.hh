// What each page of memory is to the exchange heap: one byte a page. It answers in O(1), without
// touching memory that may not be mapped, whether a word that a CPL-3 SIP calls a pointer can be
// one: only cells and payloads of the caller's own region are looked at.
#pragma once
#include "kern/ipc/page_source.hh"
#include "lib/core/assert.hh"
#include <cstring>
#include <span>

namespace singlet::kern {

class PageMap {
public:
    static constexpr std::uint8_t kNothing = 0, kCells = 1, kFirstRegion = 2;

    /// One byte for each page from address 0 up.
    void use(std::span<std::uint8_t> bytes) { bytes_ = bytes; }

    std::uint8_t at(Word address) const {
        Word page = address / kExchangePage;
        return page < bytes_.size() ? bytes_[page] : kNothing;
    }
    void set(Word address, std::uint32_t pages, std::uint8_t what) {
        ASSERT(address / kExchangePage + pages <= bytes_.size());
        std::memset(bytes_.data() + address / kExchangePage, what, pages);
    }

private:
    std::span<std::uint8_t> bytes_;
};

} // namespace singlet::kern
