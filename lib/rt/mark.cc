// Marking. What it still has to look at it keeps on a small stack of its own; when that is full it goes
// on without, and looks through all marked objects again afterwards, so it needs the same few words of
// the SIP's stack however deep the objects nest.
#include "lib/core/assert.hh"
#include "lib/rt/heap.hh"

namespace singlet::rt {

void mark(Sip& sip, Word object) {
    // <lab4:mark sip, object>
    // Null, and literals, which lie in the image.
    if (object == 0 ||
        object - sip.control.data_begin < sip.control.data_end - sip.control.data_begin)
        return;
    auto& chunk = chunk_of(object);
    if (is_marked(chunk, object)) return;
    Word granule = (object & (kPage - 1)) / kGranule;
    chunk.marks[granule / 32] |= 1u << (granule % 32);
    auto kind = at<TypeDescriptor>(*at<Word>(object))->kind;
    if (kind != DescriptorKind::Object && kind != DescriptorKind::References) return;
    auto& heap = sip.heap;
    if (heap.mark_top < kMarkStack)
        heap.mark_stack[heap.mark_top++] = object;
    else
        heap.overflowed = 1;
    // </lab4:mark>
}

namespace {

// Marks what one object refers to: the elements of an array of references, the reference fields of an
// object of a class [TypeDescriptor].
void scan(Sip& sip, Word object) {
    // <lab4:mark sip, object>
    const auto* words = at<Word>(object);
    const auto* type = at<TypeDescriptor>(words[0]);
    if (type->kind == DescriptorKind::References)
        for (Word k = 0; k < words[1]; ++k)
            mark(sip, words[2 + k]);
    if (type->kind != DescriptorKind::Object) return;
    auto* offsets = at<Word>(address_of(type) + sizeof(TypeDescriptor) + 4u * type->method_count);
    for (Word k = 0; k < type->reference_count; ++k)
        mark(sip, *at<Word>(object + kDataOffset + offsets[k]));
    // </lab4:mark>
}

// Any marked object may have unmarked references.
void rescan(Sip& sip) {
    for (Word a = sip.heap.chunks; a != 0; a = at<ChunkHeader>(a)->next) {
        auto& chunk = *at<ChunkHeader>(a);
        for_each_cell(chunk, [&](Word cell) {
            if (is_marked(chunk, cell)) scan(sip, cell), drain(sip);
        });
    }
}

} // namespace

void drain(Sip& sip) {
    while (sip.heap.mark_top != 0)
        scan(sip, sip.heap.mark_stack[--sip.heap.mark_top]);
}

void finish_marking(Sip& sip) {
    drain(sip);
    while (sip.heap.overflowed) {
        sip.heap.overflowed = 0;
        rescan(sip);
    }
}

} // namespace singlet::rt
