// Allocation: cells of fixed sizes from free lists, anything bigger from runs of pages. A new chunk is
// what costs something, so that is where a collection may come first.
// <since lab5>
// Blocks of the exchange heap are the kernel's, but a cell that nobody reaches may hold some.
// </since>
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

Word take_pages(Sip& sip, Word count) {
    auto& heap = sip.heap;
    if (count == 1 && heap.free_pages != 0) {
        Word page = heap.free_pages;
        heap.free_pages = *at<Word>(page);
        --heap.free_page_count;
        return page;
    }
    Word run = kernel_pages(sip, count);
    if (run != 0 || heap.free_page_count == 0) return run;
    give_pages_back(sip, 0); // they count, and may lie where the run could
    return kernel_pages(sip, count);
}

// A new chunk. Null is for the caller to collect first.
Word new_chunk(Sip& sip, Word cell, Word count, bool within_threshold) {
    auto& heap = sip.heap;
    if (heap.threshold == 0) heap.threshold = kFirstThreshold;
    if (within_threshold && heap.used_pages + count > heap.threshold) return 0;
    Word address = take_pages(sip, count);
    if (address == 0) return 0;
    heap.used_pages += count;
    zero_words(address, sizeof(ChunkHeader) / 4);
    auto& chunk = *at<ChunkHeader>(address);
    chunk.next = heap.chunks;
    chunk.cell = cell;
    chunk.pages = count;
    heap.chunks = address;
    return address;
}

void collect_for(Sip& sip, const CallerState& caller) { collect(sip, point_at(caller)); }

Word allocate_small(Sip& sip, Word bytes, const CallerState& caller) {
    auto& heap = sip.heap;
    Word k = size_class(bytes);
    if (heap.free[k] == 0) {
        Word chunk = new_chunk(sip, kCells[k], 1, true);
        if (chunk == 0) {
            collect_for(sip, caller);
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
        collect_for(sip, caller);
        address = new_chunk(sip, 0, count, false);
    }
    if (address == 0) trap(TrapReason::OutOfMemory, 0, caller.return_address);
    zero_words(address + kHeader, (bytes + 3) / 4);
    return address + kHeader;
}

Word allocate(Word bytes, const CallerState& caller) {
    auto& sip = *at<Sip>(now_page.sip);
    auto& heap = sip.heap;
    if (sip.control.flags & kCollectAlways) collect_for(sip, caller);
    heap.allocated_bytes_low += bytes;
    if (heap.allocated_bytes_low < bytes) ++heap.allocated_bytes_high;
    return bytes <= kLargestCell ? allocate_small(sip, bytes, caller)
                                 : allocate_large(sip, bytes, caller);
}

} // namespace

Word kernel_pages(Sip& sip, Word count) { return at<Word(Word)>(sip.control.pages)(count); }
void kernel_take_back(Sip& sip, Word run) { at<void(Word)>(sip.control.give_pages)(run); }

void free_chunk(Sip& sip, ChunkHeader& chunk) {
    auto& heap = sip.heap;
    heap.used_pages -= chunk.pages;
    Word page = address_of(&chunk);
    if (chunk.pages != 1) return kernel_take_back(sip, page);
    *at<Word>(page) = heap.free_pages;
    heap.free_pages = page;
    ++heap.free_page_count;
}

void give_pages_back(Sip& sip, Word keep) {
    auto& heap = sip.heap;
    while (heap.free_page_count > keep) {
        Word page = heap.free_pages;
        heap.free_pages = *at<Word>(page);
        --heap.free_page_count;
        kernel_take_back(sip, page);
    }
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

// <since lab5>
// The kernel has refused something: what the heap keeps for the next allocations goes back as well.
extern "C" void rt_collect_now(const CallerState* caller) {
    Sip& sip = *at<Sip>(now_page.sip);
    collect_for(sip, *caller);
    give_pages_back(sip, 0);
}

// </since>
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
