// Allocation: cells of fixed sizes from free lists, anything bigger from runs of pages. A new chunk is
// what costs something, so that is where a collection may come first.
#include "lib/rt/heap.hh"

namespace singlet::rt {

namespace {

// Chosen so that little of a chunk's 4032 bytes is left over.
constexpr std::uint16_t kCells[kSizeClasses] = {16,  32,  48,  64,  80,   96,  112, 128,
                                                160, 192, 224, 256, 304,  336, 400, 448,
                                                496, 576, 672, 800, 1344, 2016};
constexpr Word kLargestCell = 2016;
constexpr Word kMostElements = 1u << 26; // limits::kElementCount
constexpr Word kFirstThreshold = 64;

Word size_class(Word bytes) {
    if (bytes <= 128) return (bytes + 15) / 16 - 1;
    Word k = 8;
    while (kCells[k] < bytes)
        ++k;
    return k;
}

// Not memset: a SIP's heap is zeroed a few words at a time, and those it is slow for.
void zero_words(Word address, Word words) {
    asm volatile("rep stosl" : "+D"(address), "+c"(words) : "a"(0) : "memory");
}

// The map takes as many pages as it needs for all of them.
void set_up(Sip& sip) {
    auto& heap = sip.heap;
    heap.page_count = (sip.control.heap_end - sip.control.heap_begin) / kPage;
    heap.threshold = kFirstThreshold;
    Word map_pages = (heap.page_count + kPage - 1) / kPage;
    if (heap.page_count != 0) set_pages(sip, sip.control.heap_begin, map_pages, PageUse::Used);
}

// Whether `count` pages from number `first` are free; `first` moves behind the one that is not.
bool is_free(const std::uint8_t* map, Word& first, Word count) {
    for (Word k = 0; k < count; ++k)
        if (map[first + k] != 0) return first += k + 1, false;
    return true;
}

// The address of a free run, 0 if there is none. The search begins where the last one ended.
Word find_pages(Sip& sip, Word count) {
    auto& heap = sip.heap;
    const auto* map = at<std::uint8_t>(sip.control.heap_begin);
    for (Word first = heap.next_page; first + count <= heap.page_count;)
        if (is_free(map, first, count)) {
            heap.next_page = first + count;
            return sip.control.heap_begin + first * kPage;
        }
    if (heap.next_page == 0) return 0;
    heap.next_page = 0; // once more from the start
    return find_pages(sip, count);
}

// A new chunk. Null is for the caller to collect first.
Word new_chunk(Sip& sip, Word cell, Word count, bool within_threshold) {
    auto& heap = sip.heap;
    if (heap.page_count == 0) set_up(sip);
    if (within_threshold && heap.used_pages + count > heap.threshold) return 0;
    if (count > heap.page_count) return 0;
    Word address = find_pages(sip, count);
    if (address == 0) return 0;
    set_pages(sip, address, count, PageUse::Used);
    zero_words(address, sizeof(ChunkHeader) / 4);
    auto& chunk = *at<ChunkHeader>(address);
    chunk.next = heap.chunks;
    chunk.cell = cell;
    chunk.pages = count;
    heap.chunks = address;
    return address;
}

Word allocate_small(Sip& sip, Word bytes, const CallerState& caller) {
    auto& heap = sip.heap;
    Word k = size_class(bytes);
    if (heap.free[k] == 0) {
        Word chunk = new_chunk(sip, kCells[k], 1, true);
        if (chunk == 0) {
            collect(sip, caller);
            if (heap.free[k] == 0) chunk = new_chunk(sip, kCells[k], 1, false);
        }
        if (chunk != 0) {
            for_each_cell(*at<ChunkHeader>(chunk), [](Word cell) { *at<Word>(cell) = 0; });
            add_free_cells(heap, *at<ChunkHeader>(chunk));
        }
        if (heap.free[k] == 0) trap(TrapReason::OutOfMemory, 0, caller.return_address);
    }
    Word cell = heap.free[k];
    heap.free[k] = at<Word>(cell)[1];
    zero_words(cell, (bytes + 3) / 4);
    return cell;
}

Word allocate_large(Sip& sip, Word bytes, const CallerState& caller) {
    constexpr Word kHeader = sizeof(ChunkHeader);
    Word count = (bytes + kHeader + kPage - 1) / kPage;
    Word address = new_chunk(sip, 0, count, true);
    if (address == 0) {
        collect(sip, caller);
        address = new_chunk(sip, 0, count, false);
    }
    if (address == 0) trap(TrapReason::OutOfMemory, 0, caller.return_address);
    zero_words(address + kHeader, (bytes + 3) / 4);
    return address + kHeader;
}

Word allocate(Word bytes, const CallerState& caller) {
    auto& sip = *at<Sip>(now_page.sip);
    auto& heap = sip.heap;
    if (sip.control.flags & kCollectAlways) collect(sip, caller);
    heap.allocated_bytes_low += bytes;
    if (heap.allocated_bytes_low < bytes) ++heap.allocated_bytes_high;
    return bytes <= kLargestCell ? allocate_small(sip, bytes, caller)
                                 : allocate_large(sip, bytes, caller);
}

} // namespace

void set_pages(Sip& sip, Word first, Word count, PageUse use) {
    auto* map = at<std::uint8_t>(sip.control.heap_begin);
    Word number = (first - sip.control.heap_begin) / kPage;
    for (Word k = 0; k < count; ++k)
        map[number + k] = static_cast<std::uint8_t>(use);
    if (use == PageUse::Used)
        sip.heap.used_pages += count;
    else
        sip.heap.used_pages -= count;
}

void add_free_cells(HeapState& heap, ChunkHeader& chunk) {
    Word& list = heap.free[size_class(chunk.cell)];
    for_each_cell(chunk, [&](Word cell) {
        if (at<Word>(cell)[0] != 0) return;
        at<Word>(cell)[1] = list;
        list = cell;
    });
}

} // namespace singlet::rt

using namespace singlet::rt;

// Called by the entries in entry.S.
extern "C" Word rt_allocate_object(const CallerState* caller) {
    Word descriptor = caller->arguments[0];
    Word object = allocate(at<TypeDescriptor>(descriptor)->instance_size, *caller);
    *at<Word>(object) = descriptor;
    return object;
}

extern "C" Word rt_allocate_array(const CallerState* caller) {
    Word descriptor = caller->arguments[0], length = caller->arguments[1];
    if (static_cast<std::int32_t>(length) < 0)
        trap(TrapReason::BadLength, 0, caller->return_address);
    if (length > kMostElements) trap(TrapReason::OutOfMemory, 0, caller->return_address);
    Word size = at<TypeDescriptor>(descriptor)->element_size;
    Word object = allocate(kDataOffset + length * size, *caller);
    at<Word>(object)[0] = descriptor;
    at<Word>(object)[1] = length;
    return object;
}
