// A SIP's collected heap, in the one run of pages that the kernel gave it. Its first pages map the
// others, a byte each. The rest is chunks: a small chunk is one page of equal cells, a large one a run
// of pages with one object. Either begins with a ChunkHeader, so an object's header is found by
// rounding its address down. A free cell has 0 where an object has its descriptor, and a link behind.
//
//   | page map | chunk | chunk ...        | free | chunk ... |
//   heap_begin   small: | header | cell | cell ... |           heap_end
#pragma once

#include "lib/rt/kernel.hh"

namespace singlet::rt {

inline constexpr Word kPage = 4096;
inline constexpr Word kGranule = 16; // cells begin at multiples of this
inline constexpr Word kSizeClasses = 22;
inline constexpr Word kMarkStack = 512;

struct ChunkHeader {
    Word next;  // chunk
    Word cell;  // bytes of a cell; 0: large, one object
    Word pages; // in the chunk
    Word reserved;
    Word marks[kPage / kGranule / 32]; // during a collection, a bit a granule
    Word unused[4];
};
static_assert(sizeof(ChunkHeader) == 64);

enum class PageUse : std::uint8_t { Free, Used };

// Behind SipControl in its page; zero is its first state.
struct HeapState {
    Word chunks;             // list
    Word free[kSizeClasses]; // lists of free cells
    Word page_count;         // of the heap; 0: not looked at yet
    Word used_pages;
    Word next_page; // where the search for free pages goes on
    Word threshold; // pages at which the next chunk waits for a collection

    Word mark_top;
    Word overflowed; // the stack was full: some marked object's references are unmarked
    Word mark_stack[kMarkStack];

    // For whoever asks: tests, the kernel's statistics.
    Word collections, freed_objects, freed_blocks;
    Word allocated_bytes_low, allocated_bytes_high;
};

struct Sip {
    SipControl control;
    HeapState heap;
};
static_assert(sizeof(Sip) <= kPage);

// What the entry stubs of the allocating helpers leave on the stack: the caller's callee-saved
// registers, in the order of StackMap's masks, and the call itself.
struct CallerState {
    Word saved[4]; // EBX ESI EDI EBP
    Word return_address;
    Word arguments[2];
};

template <class T>
T* at(Word address) {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}
template <class T>
Word address_of(T* p) {
    return static_cast<Word>(reinterpret_cast<std::uintptr_t>(p));
}

inline ChunkHeader& chunk_of(Word object) { return *at<ChunkHeader>(object & ~(kPage - 1)); }

inline bool is_marked(const ChunkHeader& chunk, Word object) {
    Word granule = (object & (kPage - 1)) / kGranule;
    return chunk.marks[granule / 32] >> (granule % 32) & 1;
}

// Calls visit(cell) for each place of an object in the chunk.
template <class Visit>
void for_each_cell(ChunkHeader& chunk, Visit visit) {
    Word first = address_of(&chunk) + static_cast<Word>(sizeof(ChunkHeader));
    if (chunk.cell == 0) return visit(first);
    for (Word cell = first; cell + chunk.cell <= address_of(&chunk) + kPage; cell += chunk.cell)
        visit(cell);
}

// heap.cc
void set_pages(Sip& sip, Word first, Word count, PageUse use);
void add_free_cells(HeapState& heap, ChunkHeader& chunk);
// collect.cc: marks what the caller's frames reach, frees the rest.
void collect(Sip& sip, const CallerState& caller);
// sweep.cc
void sweep(Sip& sip);

[[noreturn]] void trap(TrapReason reason, Word number, Word address);

} // namespace singlet::rt
