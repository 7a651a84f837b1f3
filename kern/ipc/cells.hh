// Cells: the small, equal pieces of kernel memory that describe everything in the exchange heap
// (blocks, endpoints, sets, slabs, accounts). They lie on a grid in pages of their own, so that it
// can be told from an address alone whether it is a cell, and no payload ever lies among them.
//
//        page:  | header | cell 1 | cell 2 | ... |        free bit n set: cell n is free
#pragma once
#include "kern/ipc/page_map.hh"
#include "lib/core/list.hh"
#include <new>

namespace singlet::kern {

inline constexpr std::uint32_t kCellSize = sizeof(void*) == 4 ? 64 : 128;

class CellPool {
public:
    CellPool(PageSource& pages, PageMap& map) : pages_(pages), map_(map) {}

    /// A new T in a cell; null when there is no memory.
    template <class T, class... Args>
    T* create(Args&&... args) {
        static_assert(sizeof(T) <= kCellSize);
        void* cell = allocate();
        return cell ? new (cell) T(static_cast<Args&&>(args)...) : nullptr;
    }
    template <class T>
    void destroy(T& object) {
        object.~T();
        free(&object);
    }
    /// Is there a cell in use at `address`? Any word can be asked about.
    bool holds(Word address) const;

    std::uint32_t used() const { return used_; }
    std::uint32_t pages() const { return page_count_; }
    /// Gives pages without a cell in use back to where they came from.
    void trim();

private:
    static constexpr std::uint32_t kPerPage = kExchangePage / kCellSize;
    static constexpr std::uint64_t kAllFree = (kPerPage == 64 ? ~0ull : (1ull << kPerPage) - 1) - 1;
    struct Page {
        ListLink link; // in partial_, while some cell is free
        std::uint64_t free = kAllFree;
    };
    static Page& page_of(Word address) { return *pointer<Page>(address & ~(kExchangePage - 1)); }

    void* allocate();
    void free(void* cell);
    bool grow();

    PageSource& pages_;
    PageMap& map_;
    List<Page, &Page::link> partial_;
    std::uint32_t used_ = 0, page_count_ = 0;
};

} // namespace singlet::kern
