// The collector: precise, mark and sweep. The compiler's stack maps say which words of a frame and which
// callee-saved registers are references at each call. Marking keeps what it still has to look at on a
// small stack of its own; when that is full it goes on without and looks through all marked objects
// again afterwards, so it needs the same few words of the SIP's stack however deep the objects nest.
#include "lib/rt/heap.hh"

namespace singlet::rt {

namespace {

const StackMap* find_map(const SipControl& c, Word offset) {
    const auto* maps = at<StackMap>(c.maps);
    Word low = 0, high = c.map_count;
    while (low < high) {
        Word middle = (low + high) / 2;
        if (maps[middle].return_address < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c.map_count && maps[low].return_address == offset ? maps + low : nullptr;
}

void mark(Sip& sip, Word object) {
    // Null, and literals, which lie in the image.
    if (object < sip.control.heap_begin || object >= sip.control.heap_end) return;
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
}

// The references in one object.
void scan(Sip& sip, Word object) {
    const auto* words = at<Word>(object);
    const auto* type = at<TypeDescriptor>(words[0]);
    if (type->kind == DescriptorKind::References)
        for (Word k = 0; k < words[1]; ++k)
            mark(sip, words[2 + k]);
    if (type->kind != DescriptorKind::Object) return;
    auto* offsets = at<Word>(address_of(type) + sizeof(TypeDescriptor) + 4u * type->method_count);
    for (Word k = 0; k < type->reference_count; ++k)
        mark(sip, *at<Word>(object + kDataOffset + offsets[k]));
}

void drain(Sip& sip) {
    while (sip.heap.mark_top != 0)
        scan(sip, sip.heap.mark_stack[--sip.heap.mark_top]);
}

// The stack was too small: any marked object may have unmarked references.
void rescan(Sip& sip) {
    for (Word a = sip.heap.chunks; a != 0; a = at<ChunkHeader>(a)->next) {
        auto& chunk = *at<ChunkHeader>(a);
        for_each_cell(chunk, [&](Word cell) {
            if (is_marked(chunk, cell)) scan(sip, cell), drain(sip);
        });
    }
}

// From the newest frame to the thunk that started the SIP. A callee-saved register's value in a frame
// is what a frame nearer to us has saved.
void mark_frames(Sip& sip, const CallerState& caller) {
    const auto& c = sip.control;
    Word saved[4] = {caller.saved[0], caller.saved[1], caller.saved[2], caller.saved[3]};
    Word return_address = caller.return_address;
    Word esp = address_of(caller.arguments);
    while (return_address >= c.code_begin && return_address < c.code_end) {
        const auto* map = find_map(c, return_address - c.code_begin);
        if (map == nullptr) break;
        for (int k = 0; k < 4; ++k)
            if (map->register_mask >> k & 1) mark(sip, saved[k]);
        const auto* frame = at<Word>(esp);
        const auto* slots = at<std::uint16_t>(c.map_slots) + map->first_slot;
        for (Word k = 0; k < map->slot_count; ++k)
            mark(sip, frame[slots[k]]);
        drain(sip);
        Word top = map->frame_size;
        for (int k = 0; k < 4; ++k)
            if (map->saved_mask >> k & 1) saved[k] = frame[--top];
        return_address = frame[map->frame_size];
        esp += 4 * (map->frame_size + 1u);
    }
}

} // namespace

void collect(Sip& sip, const CallerState& caller) {
    auto& heap = sip.heap;
    ++heap.collections;
    heap.mark_top = heap.overflowed = 0;
    mark_frames(sip, caller);
    while (heap.overflowed) {
        heap.overflowed = 0;
        rescan(sip);
    }
    sweep(sip);
}

} // namespace singlet::rt
