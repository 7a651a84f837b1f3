#include "kern/proc/sip_memory.hh"

#include "kern/abi/calls.hh"
#include "kern/boot/options.hh"
#include "lib/rt/kernel.hh"
#include "lib/rt/stack.hh"
#include <cstring>

namespace singlet::kern {

// <since lab7>
extern "C" void ring3_return();
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

// Runs the SIP's code at `start`, which finds its parameters there, until it returns or has to end. What it returned.
Word run_code([[maybe_unused]] Sip& sip, Word start, Word parameters) {
    // <since lab7>
    // The function finds its parameters as cdecl has them, and below them where it returns to: code that CPL 3
    // may run, which tells the kernel that it has returned, and what.
    if (sip.level == Level::User) {
        // <lab7:enter start, parameters, ring3_return, address_of_code>
        Word esp = parameters - 4;
        *pointer<Word>(esp) = address_of_code(ring3_return);
        run_ring3(start, esp);
        // </lab7:enter>
        return sip.result;
    }
    // </since>
    // run_outside pushes the first parameter itself.
    Word first = *pointer<Word>(parameters);
    auto code = reinterpret_cast<void (*)(void*)>(start);
    return run_outside(code, pointer<void>(first), pointer<void>(parameters + 4));
}

} // namespace

Word now_address() { return address_of(const_cast<const rt::Now*>(&rt::now_page)); }

SipStack make_stack(Word record, Word segment) {
    *pointer<rt::Thread>(record) = {};
    pointer<rt::Thread>(record)->segment = segment;
    *pointer<rt::Segment>(segment) = {.previous = 0, .return_slot = 0, .pages = 1, .reserved = 0};
    return {.record = record, .top = segment + kPageSize, .limit = rt::stack_limit_of(segment)};
}

Result<void> allocate_memory(Sip& sip, std::uint32_t quota) {
    if (quota == 0) quota = kDefaultMemoryPages;
    if (quota > kMaximumRam / kPageSize || !sip.pages.open(kFirstPages + quota))
        return std::unexpected(Error::NoMemory);
    sip.control = sip.pages.allocate(kFirstPages);
    if (!sip.control) return std::unexpected(Error::NoMemory);
    sip.stack = make_stack(sip.control + kPageSize, sip.control + 2 * kPageSize);
    // The run-time wants zeros behind its control block. What else is there cannot be read by
    // verified code.
    std::memset(pointer<void>(sip.control), 0, kPageSize);
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
        // <since lab6>
        .threads = {},
        // </since>
    };
    return {};
}

void enter_sip(Sip& sip) {
    Word status = run_code(sip, sip.image->start, push_parameters(sip));
    bool returned = !sip.exited && sip.reason == rt::TrapReason::None;
    if (returned && returns_a_status(sip)) sip.status = static_cast<std::int32_t>(status);
}

// <since lab6>
void enter_thread(Sip& sip, Word thunk, Word parameters) { run_code(sip, thunk, parameters); }
// </since>

} // namespace singlet::kern
