// From frame to frame where the kernel's C++ has no part in it [cpu/backtrace.hh]: through traps and
// gates, which change stacks, through the run-time's entries, and along compiled code, which knows from
// its image how large its frames are. kern/debug/unwind.py does the same for GDB, from the same facts.
//
// A panic may come in any state, so nothing is believed: a word is read only where the kernel or the SIP
// that runs has memory, and reads as 0 elsewhere, which ends the walk.
#include "kern/abi/calls.hh"
#include "kern/boot/init.hh"
#include "kern/cpu/backtrace.hh"
#include "kern/cpu/trap.hh"
#include "kern/dev/console.hh"
#include "kern/mem/layout.hh"
#include "kern/proc/sip.hh"
#include "kern/proc/sip_memory.hh"
#include "lib/rt/kernel.hh"
#include "lib/rt/stack.hh"
#include <algorithm>
#include <bit>
#include <span>

namespace singlet::kern {

extern "C" {
extern const Word kernel_gates[];
// <since lab6>
extern const Word kernel_waiting_gates[], kernel_waiting_stubs[];
// </since>
extern char trap_return[], rt_new_object[], rt_new_array[], rt_more_stack[];
// <since lab5>
extern char rt_collect[];
// </since>
// <since lab7>
extern char kernel_call_entry[], sysenter_entry[], ring3_return[];
// </since>
}

namespace {

bool readable(Word address) {
    if (address % 4) return false;
    if (address >= kKernelBase && address < readable_end()) return true;
    return running_sip && running_sip->state == Sip::State::Running &&
           running_sip->in_memory(address, 4);
}

Word word_at(Word address) { return readable(address) ? *pointer<const Word>(address) : 0; }

// The segment of the running thread's stack that holds `address`, or null.
const rt::Segment* segment_at(Word address) {
    Word at = word_at(word_at(now_address() + offsetof(rt::Now, thread)));
    while (readable(at)) {
        auto* segment = pointer<const rt::Segment>(at);
        if (address - at < segment->pages * kPageSize) return segment;
        at = segment->previous;
    }
    return nullptr;
}

// The return address at `esp`. A function that has run in a stack segment of its own returns to
// rt_unlink; the segment knows where its caller's return address is.
void return_to(CallSite& site, Word esp) {
    site = {word_at(esp), esp + 4, site.ebp};
    if (site.eip != address_of(reinterpret_cast<const void*>(rt::rt_unlink))) return;
    const rt::Segment* segment = segment_at(esp);
    Word slot = segment ? segment->return_slot : 0;
    site = {word_at(slot), slot + 4, site.ebp};
}

// <since lab6>
// The same where a call that may wait has left EBX ESI EDI EBP on top of the return address.
void leave_waiting(CallSite& site, Word esp) {
    site.ebp = word_at(esp + 12);
    return_to(site, esp + 16);
}
// </since>

bool is_behind(Word eip, const char* code, Word size) { return eip - address_of(code) - 1 < size; }

// handle_trap was called with the frame's address.
bool leave_trap(CallSite& site) {
    if (site.eip != address_of(trap_return)) return false;
    Word at = word_at(site.esp);
    bool whole = readable(at) && readable(at + sizeof(TrapFrame) - 4);
    site = whole ? pointer<const TrapFrame>(at)->site() : CallSite{};
    return true;
}

// Is that in one of these gates or stubs?
bool is_in(std::span<const Word> gates, Word eip) {
    constexpr Word kGateSize = 32;
    return std::ranges::any_of(gates, [&](Word gate) { return eip - gate < kGateSize; });
}

// A gate at CPL 0 calls its function with the address of the arguments; behind it lies the SIP's ESP.
bool leave_gate(CallSite& site) {
    Word esp = word_at(site.esp + 4);
    // <since lab6>
    if (is_in({kernel_waiting_gates, kWaitingFunctions}, site.eip))
        return leave_waiting(site, esp), true;
    // </since>
    if (!is_in({kernel_gates, kFunctionCount}, site.eip)) return false;
    return_to(site, esp);
    return true;
}

// <since lab7>
// From CPL 3: number and address of the arguments, then what INT pushed; or the SIP's ESP.
bool leave_ring3(CallSite& site) {
    constexpr Word kEntrySize = 48;
    if (is_behind(site.eip, sysenter_entry, kEntrySize)) {
        return_to(site, word_at(site.esp + 8));
        return true;
    }
    if (!is_behind(site.eip, kernel_call_entry, kEntrySize)) return false;
    Word eip = word_at(site.esp + 8), esp = word_at(site.esp + 20);
    if (is_in({kernel_waiting_stubs, kWaitingFunctions}, eip))
        leave_waiting(site, esp);
    else
        return_to(site, esp); // the stub that made the INT has nothing on the stack
    return true;
}

bool is_ring3_bottom(const CallSite& site) { return site.eip == address_of(ring3_return); }
// </since>

// The run-time's entries go on at a stack of their own, where the other's ESP lies on top. There: EBX
// ESI EDI EBP, what more was saved, the return address [lib/rt/entry.S].
bool leave_entry(CallSite& site) {
    constexpr Word kEntrySize = 48;
    bool more_stack = is_behind(site.eip, rt_more_stack, kEntrySize);
    bool collects = is_behind(site.eip, rt_new_object, kEntrySize) ||
                    is_behind(site.eip, rt_new_array, kEntrySize);
    // <since lab5>
    collects |= is_behind(site.eip, rt_collect, kEntrySize);
    // </since>
    if (!more_stack && !collects) return false;
    Word esp = word_at(site.esp);
    site.ebp = word_at(esp + 12);
    return_to(site, esp + (more_stack ? 28 : 16));
    return true;
}

// A thread's first code outside the kernel.
bool is_bottom(CallSite& site) {
    auto begin = reinterpret_cast<Word>(run_outside), end = reinterpret_cast<Word>(leave_outside);
    bool bottom = site.eip - begin < end - begin;
    // <since lab7>
    bottom |= is_ring3_bottom(site);
    // </since>
    if (bottom) site = {};
    return bottom;
}

// The image that runs there, if any.
const Image* image_of(const CallSite& site) {
    Word address = site.eip - !site.interrupted;
    const Image* image = images.first();
    while (image && !image->in_code(address))
        image = images.next(*image);
    return image;
}

// How much of its frame a function has at a place; the registers that it has saved lie on top.
struct FrameAt {
    Word words; // from ESP up to the return address
    Word saved; // of the words on top
};

// `code` is the function's, `at` an offset in it.
FrameAt frame_at(const verifier::NativeFunction& function, const std::uint8_t* code, Word at,
                 bool interrupted) {
    constexpr std::uint8_t kPop = 0x58, kRet = 0xc3, kJmp = 0xe9, kJmpShort = 0xeb;
    auto saved = static_cast<Word>(std::popcount(function.saved_mask));
    if (!interrupted) { // the cold end of the stack test is the last call, and the only one with a jump behind
        bool asks_for_stack = (code[at] == kJmp && at + 5 == function.end) ||
                              (code[at] == kJmpShort && at + 2 == function.end);
        if (asks_for_stack) return {1, 0};
        return {function.frame_words, saved};
    }
    if (at < function.saves) return {0, 0};
    if (at < function.body) saved = std::min(at - function.saves, saved);
    if (at < function.body) return {saved, saved};
    Word pops = 0;
    while (pops < saved && (code[at + pops] & 0xf8) == kPop)
        pops++;
    if (code[at + pops] == kRet) return {pops, pops};
    return {function.frame_words, saved};
}

// EBP is the last register that is saved, so the lowest of those on top.
bool leave_compiled(CallSite& site) {
    constexpr std::uint8_t kEbp = 8;
    const Image* image = image_of(site);
    if (!image) return false;
    Word at = site.eip - image->code.start().raw(), place = at - !site.interrupted;
    const auto& functions = image->native.functions;
    auto function = std::ranges::find_if(
        functions, [&](const auto& f) { return place >= f.begin && place < f.end; });
    FrameAt frame{};
    if (function != functions.end()) {
        auto* code = pointer<const std::uint8_t>(image->code.start().raw());
        frame = frame_at(*function, code, at, site.interrupted);
        auto all = static_cast<Word>(std::popcount(function->saved_mask));
        if ((function->saved_mask & kEbp) && frame.saved == all)
            site.ebp = word_at(site.esp + 4 * (frame.words - all));
    } else if (image->code.start().raw() + place >= image->start) {
        site = {}; // the start thunk
        return true;
    } else {
        frame.words = 2; // a trap stub: two arguments above the call that led here
    }
    return_to(site, site.esp + 4 * frame.words);
    return true;
}

bool step(CallSite& site) {
    // <since lab7>
    if (leave_ring3(site)) return true;
    // </since>
    return leave_trap(site) || leave_gate(site) || leave_entry(site) || is_bottom(site) ||
           leave_compiled(site);
}

bool print_site(const CallSite& site) {
    const Image* image = image_of(site);
    if (!image) return false;
    print("  at 0x{:08x} {}: ", site.eip, image->program->module().manifest.sip);
    print_place(*image, site.eip, site.interrupted ? Place::Instruction : Place::ReturnAddress);
    print("\n");
    return true;
}

void start_walking() { know_foreign_code({.print = print_site, .step = step}); }
INIT(710, start_walking);

} // namespace

} // namespace singlet::kern
