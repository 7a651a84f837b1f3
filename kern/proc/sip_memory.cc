#include "kern/proc/sip_memory.hh"

#include "kern/abi/calls.hh"
#include "lib/rt/kernel.hh"
#include <cstring>

namespace singlet::kern {

extern "C" {
void ring3_return();
void ring3_return_void();
}

namespace {

constexpr std::uint32_t kControlPages = 1, kStackPages = 16;

Word address_of_code(void (*function)()) { return reinterpret_cast<Word>(function); }

bool returns_a_status(const Sip& sip) {
    const verifier::Module& module = sip.image->program->module();
    return module.functions[module.manifest.entry].result == verifier::kI32;
}

// The parameters on the SIP's stack, the first one lowest; returns its address.
Word push_parameters(const Sip& sip) {
    Word esp = sip.stack_top - 16 - 4 * static_cast<Word>(sip.parameters.size());
    esp &= ~15u;
    for (std::size_t i = 0; i < sip.parameters.size(); i++)
        *pointer<Word>(esp + 4 * static_cast<Word>(i)) = sip.parameters[i];
    return esp;
}

} // namespace

Word now_address() { return address_of(const_cast<const rt::Now*>(&rt::now_page)); }

Result<void> allocate_memory(Sip& sip, std::uint32_t heap_pages) {
    if (heap_pages == 0) heap_pages = kDefaultMemoryPages;
    if (heap_pages > kMaximumRam / kPageSize) return std::unexpected(Error::NoMemory);
    constexpr std::uint32_t kFixedPages = kControlPages + kStackPages;
    sip.memory = TRY(Frames::allocate(Zone::Sip, kFixedPages + heap_pages, Zeroed::No));
    sip.control = sip.memory.start().raw();
    sip.stack_limit = sip.control + kControlPages * kPageSize + rt::kStackReserve;
    sip.stack_top = sip.control + kFixedPages * kPageSize;
    // The run-time wants zeros where its own state and the heap's page map are. What else is there
    // cannot be read by verified code; at CPL 3 that is not relied on.
    std::uint32_t map_pages = page_up(heap_pages) / kPageSize;
    std::memset(pointer<void>(sip.control), 0, kControlPages * kPageSize);
    std::memset(pointer<void>(sip.stack_top), 0, map_pages * kPageSize);
    if (sip.level == Level::User) std::memset(pointer<void>(sip.control), 0, sip.memory.size());
    const Image& image = *sip.image;
    *pointer<rt::SipControl>(sip.control) = {
        .heap_begin = sip.stack_top,
        .heap_end = sip.memory.end().raw(),
        .stack_top = sip.stack_top,
        .code_begin = image.code.start().raw(),
        .code_end = image.code.start().raw() + image.code_size,
        .maps = image.maps,
        .map_count = image.map_count,
        .map_slots = image.map_slots,
        .trap = function_address(kFirstRuntime + Word(Runtime::trap), image.binding),
        .free = function_address(kFirstService + Word(verifier::Service::Free), image.binding),
        .flags = 0,
    };
    return {};
}

void enter_sip(Sip& sip) {
    Word parameters = push_parameters(sip);
    if (sip.level == Level::User) {
        Word esp = parameters - 4;
        *pointer<Word>(esp) =
            address_of_code(returns_a_status(sip) ? ring3_return : ring3_return_void);
        run_ring3(sip.image->start, esp);
        return;
    }
    // run_outside pushes the first parameter itself.
    Word first = *pointer<Word>(parameters);
    auto start = reinterpret_cast<void (*)(void*)>(sip.image->start);
    std::uint32_t status = run_outside(start, pointer<void>(first), pointer<void>(parameters + 4));
    bool returned = !sip.exited && sip.reason == rt::TrapReason::None;
    if (returned && returns_a_status(sip)) sip.status = static_cast<std::int32_t>(status);
}

} // namespace singlet::kern
