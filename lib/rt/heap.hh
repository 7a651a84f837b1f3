// A SIP's collected heap: chunks, each a run of pages that the kernel gave when it was needed. A small
// chunk is one page of equal cells, a large one as many pages as its one object takes. Either begins
// with a ChunkHeader, so an object's header is found by rounding its address down. A free cell has 0
// where an object has its descriptor, and a link behind.
//
//   small chunk: | header | cell | cell ... |     large chunk: | header | object ...       |
//                one page                                      a run of pages
#pragma once

#include "lib/rt/kernel.hh"
#include "lib/rt/stack.hh"

namespace singlet::rt {

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

// Behind SipControl in its page; zero is its first state.
struct HeapState {
    Word chunks;             // list
    Word free[kSizeClasses]; // lists of free cells
    Word used_pages;         // in chunks
    Word threshold;          // pages at which the next chunk waits for a collection; 0: the first
    // Pages that were chunks and will be again soon: a list through their first words.
    Word free_pages, free_page_count;

    Word mark_top;
    Word overflowed; // the stack was full: some marked object's references are unmarked
    Word mark_stack[kMarkStack];

    // For whoever asks: tests, the kernel's statistics.
    Word collections, freed_objects;
    // <since lab5>
    Word freed_blocks;
    // </since>
    Word allocated_bytes_low, allocated_bytes_high;
};

struct Sip {
    SipControl control;
    HeapState heap;
};
static_assert(sizeof(Sip) <= kPage);

// What the entry stubs of the allocating helpers leave on the stack: the caller's callee-saved
// registers, in the order of StackMap's masks, and the call itself.
// <since lab6>
// So do calls into the kernel in which a thread may wait while another one collects.
// </since>
struct CallerState {
    Word saved[4]; // EBX ESI EDI EBP
    Word return_address;
    Word arguments[2];
};

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

// A call in progress, from which the collector follows the thread's frames up.
struct StackPoint {
    const Word* saved;     // callee-saved registers: EBX ESI EDI EBP
    const Word* arguments; // EAX EDX ECX where the function has no frame yet, or null
    Word return_address;   // of the call,
    Word esp;              // and the stack behind it
};

inline StackPoint point_at(const CallerState& caller) {
    return {.saved = caller.saved,
            .arguments = nullptr,
            .return_address = caller.return_address,
            .esp = address_of(caller.arguments)};
}

// heap.cc
void add_free_cells(HeapState& heap, ChunkHeader& chunk);
void free_chunk(Sip& sip, ChunkHeader& chunk);
// Gives the kernel back all free pages but `keep`.
void give_pages_back(Sip& sip, Word keep);
// The kernel's calls.
Word kernel_pages(Sip& sip, Word count);
void kernel_take_back(Sip& sip, Word run);
// mark.cc: marks an object, if it is collected and not marked yet, and keeps it on the mark stack if it
// may hold references. A stack that is full takes nothing: `overflowed` says so.
void mark(Sip& sip, Word object);
// Marks what the objects on the mark stack reach.
void drain(Sip& sip);
// The same for all that was marked, also where the stack was full.
void finish_marking(Sip& sip);
// collect.cc: marks what the thread's frames reach, frees the rest.
void collect(Sip& sip, const StackPoint& from);
// sweep.cc
void sweep(Sip& sip);

[[noreturn]] void trap(TrapReason reason, Word number, Word address);

} // namespace singlet::rt
