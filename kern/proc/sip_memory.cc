#include "kern/proc/sip_memory.hh"

#include "kern/abi/calls.hh"
#include "kern/boot/options.hh"
#include "lib/rt/kernel.hh"
#include "lib/rt/stack.hh"
#include <cstring>

namespace singlet::kern {

// <since lab7>
extern "C" {
void ring3_return();
void ring3_return_void();
}
// </since>

namespace {

// What a SIP begins with, besides its quota: | SipControl | rt::Thread | the first stack segment |
constexpr std::uint32_t kFirstPages = 3;

constinit bool stress = false;
bool set_gc(std::string_view value) {
    stress = value == "stress";
    return stress || value == "normal";
}
OPTION(gc, set_gc, "normal or stress");

// <since lab7>
Word address_of_code(void (*function)()) { return reinterpret_cast<Word>(function); }
// </since>

bool returns_a_status(const Sip& sip) {
    const verifier::Module& module = sip.image->program->module();
    return module.functions[module.manifest.entry].result == verifier::kI32;
}

// The parameters on the SIP's stack, the first one lowest; returns its address.
Word push_parameters(const Sip& sip) {
    Word esp = sip.stack.top - 16 - 4 * static_cast<Word>(sip.parameters.size());
    esp &= ~15u;
    for (std::size_t i = 0; i < sip.parameters.size(); i++)
        *pointer<Word>(esp + 4 * static_cast<Word>(i)) = sip.parameters[i];
    return esp;
}

} // namespace

Word now_address() { return address_of(const_cast<const rt::Now*>(&rt::now_page)); }

Result<void> allocate_memory(Sip& sip, std::uint32_t quota) {
    if (quota == 0) quota = kDefaultMemoryPages;
    if (quota > kMaximumRam / kPageSize || !sip.pages.open(kFirstPages + quota))
        return std::unexpected(Error::NoMemory);
    sip.control = sip.pages.allocate(kFirstPages);
    if (!sip.control) return std::unexpected(Error::NoMemory);
    Word segment = sip.control + 2 * kPageSize;
    sip.stack = {.record = sip.control + kPageSize,
                 .top = segment + kPageSize,
                 .limit = rt::stack_limit_of(segment)};
    // The run-time wants zeros behind its control block. What else is there cannot be read by
    // verified code.
    std::memset(pointer<void>(sip.control), 0, kPageSize);
    *pointer<rt::Thread>(sip.stack.record) = {.segment = segment, .spare = 0, .linked = 0};
    *pointer<rt::Segment>(segment) = {.previous = 0, .return_slot = 0, .pages = 1, .reserved = 0};
    auto runtime = [&](Runtime function) {
        return function_address(kFirstRuntime + Word(function), sip.image->binding);
    };
    const Image& image = *sip.image;
    *pointer<rt::SipControl>(sip.control) = {
        .data_begin = image.data.start().raw(),
        .data_end = image.data.end().raw(),
        .code_begin = image.code.start().raw(),
        .code_end = image.code.start().raw() + image.code_size,
        .maps = image.maps,
        .map_count = image.map_count,
        .map_slots = image.map_slots,
        .trap = runtime(Runtime::trap),
        // <since lab5>
        .free = function_address(kFirstService + Word(verifier::Service::Free), image.binding),
        // </since>
        .pages = runtime(Runtime::pages),
        .give_pages = runtime(Runtime::give_pages),
        .stack_limit = runtime(Runtime::stack_limit),
        .flags = stress ? rt::kCollectAlways : 0,
    };
    return {};
}

void enter_sip(Sip& sip) {
    Word parameters = push_parameters(sip);
    // <since lab7>
    // The entry function finds its parameters as cdecl has them, and below them where it returns to: code that
    // CPL 3 may run, which tells the kernel that the SIP has ended, and with which status.
    if (sip.level == Level::User) {
        // <lab7:enter parameters, ring3_return, ring3_return_void, address_of_code>
        Word esp = parameters - 4;
        *pointer<Word>(esp) =
            address_of_code(returns_a_status(sip) ? ring3_return : ring3_return_void);
        run_ring3(sip.image->start, esp);
        return;
        // </lab7:enter>
    }
    // </since>
    // run_outside pushes the first parameter itself.
    Word first = *pointer<Word>(parameters);
    auto start = reinterpret_cast<void (*)(void*)>(sip.image->start);
    std::uint32_t status = run_outside(start, pointer<void>(first), pointer<void>(parameters + 4));
    bool returned = !sip.exited && sip.reason == rt::TrapReason::None;
    if (returned && returns_a_status(sip)) sip.status = static_cast<std::int32_t>(status);
}

} // namespace singlet::kern
