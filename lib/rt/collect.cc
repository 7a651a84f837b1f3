// The collector: precise, mark and sweep. Here: where marking begins. The compiler's stack maps say which
// words of a frame and which callee-saved registers are references at each call.
#include "lib/core/assert.hh"
#include "lib/rt/heap.hh"

namespace singlet::rt {

namespace {

// The map of the call that returns to this offset in the code, or null.
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

// What one frame holds across its call: `saved` are the callee-saved registers then, `frame` is ESP.
void mark_frame(Sip& sip, const StackMap& map, const Word* saved, const Word* frame) {
    // <lab4:frames sip, map, saved, frame, drain>
    for (int k = 0; k < 4; ++k)
        if (map.register_mask >> k & 1) mark(sip, saved[k]);
    const auto* slots = at<std::uint16_t>(sip.control.map_slots) + map.first_slot;
    for (Word k = 0; k < map.slot_count; ++k)
        mark(sip, frame[slots[k]]);
    drain(sip);
    // </lab4:frames>
}

// From the newest frame to the thunk that started the thread, whose return address lies outside of the
// image's code. A callee-saved register's value in a frame is what a frame nearer to us has saved. Only
// the newest function may still have its arguments in registers. A return to rt_unlink goes on in the
// segment before [stack.hh].
void mark_frames(Sip& sip, const Thread& thread, const StackPoint& from) {
    // <lab4:frames sip, thread, from, find_map, mark_frame>
    const auto& c = sip.control;
    const auto* segment = at<Segment>(thread.segment);
    Word saved[4] = {from.saved[0], from.saved[1], from.saved[2], from.saved[3]};
    Word return_address = from.return_address, esp = from.esp;
    for (const Word* arguments = from.arguments;; arguments = nullptr) {
        if (return_address == address_of(&rt_unlink)) { // on in the segment of the caller
            return_address = *at<Word>(segment->return_slot);
            esp = segment->return_slot + 4;
            segment = at<Segment>(segment->previous);
        }
        if (return_address < c.code_begin || return_address >= c.code_end) return;
        const auto* map = find_map(c, return_address - c.code_begin);
        if (map == nullptr) return;
        for (int k = 0; arguments != nullptr && k < 3; ++k)
            if (map->argument_mask >> k & 1) mark(sip, arguments[k]);
        const auto* frame = at<Word>(esp);
        mark_frame(sip, *map, saved, frame);
        Word top = map->frame_size;
        for (int k = 0; k < 4; ++k)
            if (map->saved_mask >> k & 1) saved[k] = frame[--top];
        return_address = frame[map->frame_size];
        esp += 4 * (map->frame_size + 1u);
    }
    // </lab4:frames>
}

// <since lab6>
// All but one stand at a call into the kernel.
void mark_others(Sip& sip) {
    for (Word thread : sip.control.threads)
        if (thread != 0 && thread != now_page.thread)
            mark_frames(sip, *at<Thread>(thread),
                        point_at(*at<CallerState>(at<Thread>(thread)->stands)));
}
// </since>

} // namespace

void collect(Sip& sip, const StackPoint& from) {
    auto& heap = sip.heap;
    ++heap.collections;
    heap.mark_top = heap.overflowed = 0;
    mark_frames(sip, *at<Thread>(now_page.thread), from);
    // <since lab6>
    mark_others(sip);
    // </since>
    finish_marking(sip);
    sweep(sip);
}

} // namespace singlet::rt
