// The collector's marking, on heaps made by hand: what is reached is marked, and nothing else.
#include "kern/boot/test.hh"
#include "kern/mem/frames.hh"
#include "kern/mem/layout.hh"
#include "lib/rt/heap.hh"
#include <vector>

namespace singlet::kern {

namespace {

using rt::Word;

struct Descriptor {
    rt::TypeDescriptor fixed;
    Word more[3]; // methods, then offsets of references
};
rt::TypeDescriptor descriptor(rt::DescriptorKind kind, std::uint16_t references,
                              std::uint16_t methods) {
    return {.kind = kind,
            .element_size = 4,
            .class_index = 0,
            .instance_size = 0,
            .reference_count = references,
            .method_count = methods};
}
const Descriptor kBytes{descriptor(rt::DescriptorKind::Scalars, 0, 0), {}};
const Descriptor kArray{descriptor(rt::DescriptorKind::References, 0, 0), {}};
// A method, then references in the first field and in the third.
const Descriptor kPair{descriptor(rt::DescriptorKind::Object, 2, 1), {0xdeadbeef, 0, 8}};
const Descriptor kLink{descriptor(rt::DescriptorKind::Object, 1, 0), {0}};

class Heap {
public:
    Heap() { sip().control.data_begin = sip().control.data_end = 0; }
    rt::Sip& sip() { return *at<rt::Sip>(pages_[0].start()); }

    /// A chunk of equal cells, or of one object with cell = 0.
    rt::ChunkHeader& add_chunk(Word cell) {
        pages_.push_back(*Frames::allocate(Zone::Sip, 1, Zeroed::Yes));
        auto& chunk = *at<rt::ChunkHeader>(pages_.back().start());
        chunk.next = sip().heap.chunks;
        chunk.cell = cell;
        chunk.pages = 1;
        sip().heap.chunks = rt::address_of(&chunk);
        return chunk;
    }
    /// The next object of the newest chunk.
    Word make(const Descriptor& type, std::initializer_list<Word> words, Word length = 0) {
        auto* chunk = rt::at<rt::ChunkHeader>(sip().heap.chunks);
        if (rt::address_of(chunk) != filling_) used_ = 0;
        filling_ = rt::address_of(chunk);
        Word object = filling_ + static_cast<Word>(sizeof(rt::ChunkHeader)) + chunk->cell * used_++;
        auto* to = rt::at<Word>(object);
        *to++ = rt::address_of(&type);
        *to++ = length;
        for (Word word : words)
            *to++ = word;
        return object;
    }
    bool is_full() {
        auto* chunk = rt::at<rt::ChunkHeader>(sip().heap.chunks);
        return sizeof(rt::ChunkHeader) + chunk->cell * (used_ + 1) > kPageSize;
    }

private:
    std::vector<Frames> pages_ = first_page();
    Word filling_ = 0, used_ = 0;

    static std::vector<Frames> first_page() {
        std::vector<Frames> pages;
        pages.push_back(*Frames::allocate(Zone::Sip, 1, Zeroed::Yes));
        return pages;
    }
};

bool marked(Word object) { return rt::is_marked(rt::chunk_of(object), object); }

} // namespace

KERNEL_TEST(marks) {
    Heap heap;
    heap.add_chunk(32);
    Word text = heap.make(kBytes, {0x12345678}, 4); // its elements are no references
    Word pair = heap.make(kPair, {text, 0x87654321, 0});
    Word array = heap.make(kArray, {pair, 0, pair}, 3);
    Word lost = heap.make(kLink, {array});
    *rt::at<Word>(pair + rt::kDataOffset + 8) = array; // a ring
    heap.sip().control.data_begin = lost;              // as a literal, which lies in the image,
    heap.sip().control.data_end = lost + 32;           // and is nobody's to mark
    rt::mark(heap.sip(), 0);
    rt::mark(heap.sip(), lost);
    CHECK(heap.sip().heap.mark_top == 0 && !marked(lost));
    rt::mark(heap.sip(), text);
    CHECK(heap.sip().heap.mark_top == 0 && marked(text) && !marked(pair));
    rt::mark(heap.sip(), array);
    CHECK(heap.sip().heap.mark_top == 1 && marked(array) && !marked(pair));
    rt::drain(heap.sip());
    CHECK(marked(pair) && !marked(lost) && heap.sip().heap.mark_top == 0);
    CHECK(!heap.sip().heap.overflowed);
    rt::mark(heap.sip(), array); // marked before: nothing to look at
    CHECK(heap.sip().heap.mark_top == 0);
}

// An array of more objects than the mark stack holds, each with one that nothing else refers to.
KERNEL_TEST(marks_many) {
    constexpr Word kMany = rt::kMarkStack + 100;
    Heap heap;
    std::vector<Word> links, ends;
    while (ends.size() < kMany) {
        if (ends.empty() || heap.is_full()) heap.add_chunk(16);
        ends.push_back(heap.make(kBytes, {1}, 1));
    }
    while (links.size() < kMany) {
        if (links.empty() || heap.is_full()) heap.add_chunk(16);
        links.push_back(heap.make(kLink, {ends[links.size()]}));
    }
    heap.add_chunk(0);
    Word array = heap.make(kArray, {}, kMany);
    for (Word i = 0; i < kMany; i++)
        rt::at<Word>(array)[2 + i] = links[i];
    rt::mark(heap.sip(), array);
    rt::drain(heap.sip());
    CHECK(heap.sip().heap.overflowed);
    for (Word link : links)
        CHECK(marked(link));
    rt::finish_marking(heap.sip());
    for (Word end : ends)
        CHECK(marked(end));
}

} // namespace singlet::kern
