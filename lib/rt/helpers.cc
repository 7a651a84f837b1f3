// The helpers that do not allocate - copying, 64-bit division, the trap - and the table of all.
#include "lib/rt/heap.hh"
#include "verifier/compile.hh"

using namespace singlet::rt;

namespace {

std::uint64_t magnitude(std::int64_t x) {
    return x < 0 ? 0 - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
}

} // namespace

namespace singlet::rt {

void trap(TrapReason reason, Word number, Word address) {
    auto gate = at<void(TrapReason, Word, Word)>(at<Sip>(now_page.sip)->control.trap);
    gate(reason, number, address);
    __builtin_unreachable();
}

} // namespace singlet::rt

extern "C" {

void rt_new_object();
void rt_new_array();
// <since lab5>
void rt_collect();
// </since>
void rt_more_stack();

std::uint64_t rt_divu(std::uint64_t a, std::uint64_t b) { return a / b; }
std::uint64_t rt_remu(std::uint64_t a, std::uint64_t b) { return a % b; }

// By magnitudes: the least integer / -1 is itself, and its remainder 0.
std::int64_t rt_div(std::int64_t a, std::int64_t b) {
    auto q = magnitude(a) / magnitude(b);
    return static_cast<std::int64_t>((a < 0) != (b < 0) ? 0 - q : q);
}
std::int64_t rt_rem(std::int64_t a, std::int64_t b) {
    auto r = magnitude(a) % magnitude(b);
    return static_cast<std::int64_t>(a < 0 ? 0 - r : r);
}

// Byte arrays, strings and vectors: all have their length at +4 and their bytes at +8. The direction
// flag is left alone: an interrupt may land here.
void rt_copy(Word to, Word to_at, Word from, Word from_at, Word count) {
    Word to_length = at<Word>(to)[1], from_length = at<Word>(from)[1];
    if (count > to_length || to_at > to_length - count || count > from_length ||
        from_at > from_length - count)
        trap(TrapReason::OutOfBounds, 0, address_of(__builtin_return_address(0)));
    Word target = to + kDataOffset + to_at, source = from + kDataOffset + from_at;
    if (target - source >= count) { // upwards is right also when the target lies below
        Word words = count / 4;
        asm volatile("rep movsl\n\t"
                     "mov %3, %%ecx\n\t"
                     "rep movsb"
                     : "+D"(target), "+S"(source), "+c"(words)
                     : "r"(count % 4)
                     : "memory");
        return;
    }
    while (count != 0) {
        --count;
        *at<volatile std::uint8_t>(target + count) = *at<volatile std::uint8_t>(source + count);
    }
}

// A check that failed comes through one of the image's stubs, which was called from the cold part of a
// function: that return address is the third word.
void rt_trap(TrapReason reason, Word number, Word called_stub) {
    bool is_direct = reason == TrapReason::Explicit;
    trap(reason, number, is_direct ? address_of(__builtin_return_address(0)) : called_stub);
}

} // extern "C"

Word singlet::rt::helper_address(std::uint32_t helper) {
    using singlet::verifier::Helper;
    switch (static_cast<Helper>(helper)) {
    case Helper::NewObject:
        return address_of(&rt_new_object);
    case Helper::NewArray:
        return address_of(&rt_new_array);
    // <since lab5>
    case Helper::Collect:
        return address_of(&rt_collect);
    // </since>
    case Helper::MoreStack:
        return address_of(&rt_more_stack);
    case Helper::Copy:
        return address_of(&rt_copy);
    case Helper::DivL:
        return address_of(&rt_div);
    case Helper::RemL:
        return address_of(&rt_rem);
    case Helper::DivUL:
        return address_of(&rt_divu);
    case Helper::RemUL:
        return address_of(&rt_remu);
    case Helper::Trap:
        return address_of(&rt_trap);
    case Helper::kCount:
        break;
    }
    return 0;
}
