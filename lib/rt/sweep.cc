// After marking: what is unmarked becomes free cells, and a chunk without a live object becomes free
// pages.
// <since lab5>
// A cell that is full (of what is owned) gives its exchange block back.
// </since>
#include "lib/rt/heap.hh"

namespace singlet::rt {

namespace {

constexpr Word kLeastThreshold = 64;

// <since lab5>
void free_held(Sip& sip, Word cell) {
    Word block = at<Word>(cell)[2];
    if (block == 0 || sip.control.free == 0) return;
    ++sip.heap.freed_blocks;
    at<void(Word)>(sip.control.free)(block);
}
// </since>

void drop(Sip& sip, Word object) {
    // <since lab5>
    if (at<TypeDescriptor>(*at<Word>(object))->kind == DescriptorKind::Cell) free_held(sip, object);
    // </since>
    *at<Word>(object) = 0;
    ++sip.heap.freed_objects;
}

// Whether something lives in it. The marks are gone afterwards.
bool sweep_chunk(Sip& sip, ChunkHeader& chunk) {
    bool lives = false;
    for_each_cell(chunk, [&](Word cell) {
        if (*at<Word>(cell) == 0) return;
        if (is_marked(chunk, cell))
            lives = true;
        else
            drop(sip, cell);
    });
    for (auto& word : chunk.marks)
        word = 0;
    return lives;
}

} // namespace

void sweep(Sip& sip) {
    auto& heap = sip.heap;
    for (auto& list : heap.free)
        list = 0;
    Word* link = &heap.chunks;
    while (*link != 0) {
        Word address = *link;
        auto& chunk = *at<ChunkHeader>(address);
        if (sweep_chunk(sip, chunk)) {
            if (chunk.cell != 0) add_free_cells(heap, chunk);
            link = &chunk.next;
            continue;
        }
        *link = chunk.next;
        free_chunk(sip, chunk);
    }
    // As much again may be allocated before the next collection; free pages beyond that go back.
    Word twice = 2 * heap.used_pages;
    heap.threshold = twice > kLeastThreshold ? twice : kLeastThreshold;
    give_pages_back(sip, heap.threshold - heap.used_pages);
}

} // namespace singlet::rt
