#include "kern/ipc/cells.hh"

#include <bit>

namespace singlet::kern {

bool CellPool::holds(Word address) const {
    if (map_.at(address) != PageMap::kCells || address % kCellSize) return false;
    std::uint32_t index = address % kExchangePage / kCellSize;
    return index && !(page_of(address).free >> index & 1);
}

void* CellPool::allocate() {
    Page* page = partial_.first();
    if (!page) [[unlikely]] {
        if (!grow()) return nullptr;
        page = partial_.first();
    }
    std::uint32_t index = static_cast<std::uint32_t>(std::countr_zero(page->free));
    page->free &= page->free - 1;
    if (!page->free) partial_.remove(*page);
    used_++;
    return reinterpret_cast<char*>(page) + index * kCellSize;
}

void CellPool::free(void* cell) {
    Word address = word(cell);
    ASSERT(holds(address));
    Page& page = page_of(address);
    if (!page.free) partial_.push_front(page);
    page.free |= 1ull << (address % kExchangePage / kCellSize);
    used_--;
}

bool CellPool::grow() {
    Word address = pages_.allocate(1);
    if (!address) return false;
    map_.set(address, 1, PageMap::kCells);
    partial_.push_front(*new (pointer<void>(address)) Page);
    page_count_++;
    return true;
}

void CellPool::trim() {
    for (Page *page = partial_.first(), *next; page; page = next) {
        next = partial_.next(*page);
        if (page->free != kAllFree) continue;
        page->~Page();
        map_.set(word(page), 1, PageMap::kNothing);
        pages_.free(word(page), 1);
        page_count_--;
    }
}

} // namespace singlet::kern
