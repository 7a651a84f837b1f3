#include "grade/native/machine.hh"

#include "grade/native/gate.hh"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "grade/native/load.hh"

#if !defined(__i386__)
#error "SIPs are 32-bit: build this with -m32"
#endif

extern "C" {
// What compiled code and run-time read [lib/rt/layout.hh]; the writable name is the kernel's view.
volatile singlet::rt::Now now_page_storage asm("now_page");
}

namespace singlet::native {

namespace {

constexpr std::uint32_t kFirstPages = 3;                     // control, thread, first segment
constexpr std::uint32_t kMostPages = (1u << 30) / rt::kPage; // in 32 bits there is not much more
Machine* running = nullptr;

std::uint8_t* map(std::size_t bytes) {
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        std::fprintf(stderr, "no memory for %zu bytes\n", bytes);
        std::exit(2);
    }
    return static_cast<std::uint8_t*>(p);
}

std::uint32_t whole_pages(std::size_t bytes) {
    return static_cast<std::uint32_t>((bytes + rt::kPage - 1) / rt::kPage * rt::kPage);
}

void trap_sip(rt::TrapReason reason, rt::Word number, rt::Word address) {
    Machine::current().end({Outcome::What::Trap, 0, reason, number, address});
}
rt::Word pages(rt::Word count) { return Machine::current().give_pages(count); }
void give_pages(rt::Word run) { Machine::current().take_pages_back(run); }
void stack_limit(rt::Word limit) { now_page_storage.stack_limit = limit; }

struct sigaction handled_before[NSIG];

// A signal that no program caused goes to whoever handled it before: by coming again, when it is a fault.
void on_signal(int signal, siginfo_t*, void* context) {
    auto eip = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EIP];
    if (running == nullptr) {
        sigaction(signal, &handled_before[signal], nullptr);
        return;
    }
    auto what = signal == SIGALRM ? Outcome::What::TimeOut : Outcome::What::Fault;
    running->end({what, signal, {}, 0, static_cast<std::uint32_t>(eip)});
}

void catch_signals() {
    static std::uint8_t stack[64 << 10];
    stack_t alternative{};
    alternative.ss_sp = stack;
    alternative.ss_size = sizeof stack;
    sigaltstack(&alternative, nullptr);
    struct sigaction action{};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGALRM})
        sigaction(signal, &action, &handled_before[signal]);
}

std::uint32_t call_on_stack(rt::Word function, rt::Word top) {
    std::uint32_t result;
    asm volatile("movl %%esp, %%ebx\n\t"
                 "movl %[top], %%esp\n\t"
                 "call *%[function]\n\t"
                 "movl %%ebx, %%esp"
                 : "=a"(result)
                 : [function] "a"(function), [top] "d"(top)
                 : "ebx", "ecx", "memory", "cc");
    return result;
}

rt::Word resolve(verifier::Relocation::What what, std::uint32_t value) {
    using What = verifier::Relocation::What;
    switch (what) {
    case What::Helper:
        return rt::helper_address(value);
    case What::Service:
        return service_address(value);
    case What::KernelCall:
        return kernel_call_address(value);
    case What::Now:
        return rt::address_of(&now_page_storage) + value;
    default:
        return value + 1; // exchange types and contracts go by number
    }
}

} // namespace

Machine& Machine::current() { return *running; }

Machine::Machine(const verifier::Verified& verified, const Options& options)
    : verified_(verified), options_(options), image_(compile(verified, options.compile)) {
    auto code_bytes = whole_pages(image_.code.size());
    auto data_bytes = whole_pages(image_.data.size());
    auto maps_bytes = image_.maps.size() * sizeof(rt::StackMap);
    auto slots_bytes = image_.map_slots.size() * 2;
    image_bytes_ = code_bytes + data_bytes + whole_pages(maps_bytes + slots_bytes);
    code_ = map(image_bytes_);
    auto* data = code_ + code_bytes;
    auto* maps = data + data_bytes;
    std::memcpy(code_, image_.code.data(), image_.code.size());
    if (!image_.data.empty()) std::memcpy(data, image_.data.data(), image_.data.size());
    std::memcpy(maps, image_.maps.data(), maps_bytes);
    if (slots_bytes != 0) std::memcpy(maps + maps_bytes, image_.map_slots.data(), slots_bytes);
    link(image_, {code_, code_bytes}, rt::address_of(code_), {data, data_bytes},
         rt::address_of(data), resolve);
    mprotect(code_, image_bytes_, PROT_READ | PROT_EXEC);

    auto pages = verified.module().manifest.memory_pages;
    if (pages > kMostPages)
        give_up(kUsage, "no memory for " + std::to_string(pages) + " pages in one process");
    auto quota = pages != 0 ? pages : whole_pages(options.memory_bytes) / rt::kPage;
    memory_bytes_ = (kFirstPages + quota) * rt::kPage;
    sip_ = reinterpret_cast<rt::Sip*>(map(memory_bytes_));
    runs_.resize(quota);
    auto& c = sip_->control;
    c.data_begin = rt::address_of(data);
    c.data_end = rt::address_of(code_ + image_bytes_);
    c.code_begin = rt::address_of(code_);
    c.code_end = c.code_begin + static_cast<rt::Word>(image_.code.size());
    c.maps = rt::address_of(maps);
    c.map_count = static_cast<rt::Word>(image_.maps.size());
    c.map_slots = rt::address_of(maps + maps_bytes);
    c.trap = rt::address_of(&gate<trap_sip>);
    c.pages = rt::address_of(&gate<native::pages>);
    c.give_pages = rt::address_of(&gate<native::give_pages>);
    c.stack_limit = rt::address_of(&gate<stack_limit>);
    c.free = service_address(static_cast<std::uint32_t>(verifier::Service::Free));
    c.flags = options.collect_always ? rt::kCollectAlways : 0;
}

Machine::~Machine() {
    munmap(code_, image_bytes_);
    munmap(sip_, memory_bytes_);
}

// First fit. What is in use is a run's length at its first page, and kInside behind it.
rt::Word Machine::give_pages(rt::Word count) {
    auto is_free = [](rt::Word run) { return run == 0; };
    for (auto at = runs_.begin() + first_free_; count != 0;) {
        at = std::find_if(at, runs_.end(), is_free);
        if (static_cast<rt::Word>(runs_.end() - at) < count) return 0;
        auto end = std::find_if_not(at, at + count, is_free);
        if (end != at + count) {
            at = end;
            continue;
        }
        std::fill(at, end, kInside);
        *at = count;
        auto number = static_cast<rt::Word>(at - runs_.begin());
        if (count == 1) first_free_ = static_cast<std::ptrdiff_t>(number) + 1;
        return rt::address_of(sip_) + (kFirstPages + number) * rt::kPage;
    }
    return 0;
}

void Machine::take_pages_back(rt::Word run) {
    auto number = (run - rt::address_of(sip_)) / rt::kPage - kFirstPages;
    auto first = runs_.begin() + static_cast<std::ptrdiff_t>(number);
    first_free_ = std::min(first_free_, static_cast<std::ptrdiff_t>(number));
    std::fill_n(first, *first, 0);
}

void Machine::prepare_memory() {
    auto control = sip_->control;
    madvise(sip_, memory_bytes_, MADV_DONTNEED);
    sip_->control = control;
    std::fill(runs_.begin(), runs_.end(), 0);
    first_free_ = 0;
    auto thread = rt::address_of(sip_) + rt::kPage, segment = thread + rt::kPage;
    *rt::at<rt::Thread>(thread) = {};
    rt::at<rt::Thread>(thread)->segment = segment;
    now_page_storage.sip = rt::address_of(sip_);
    now_page_storage.thread = thread;
    now_page_storage.stack_limit = rt::stack_limit_of(segment);
}

void Machine::end(Outcome outcome) {
    outcome_ = outcome;
    siglongjmp(leave_, 1);
}

Outcome Machine::run(unsigned seconds) {
    static bool prepared = (catch_signals(), true);
    (void)prepared;
    auto& c = sip_->control;
    prepare_memory();
    console.clear();
    running = this;
    alarm(seconds);
    if (sigsetjmp(leave_, 1) == 0) {
        auto status = call_on_stack(c.code_begin + image_.start,
                                    rt::address_of(sip_) + kFirstPages * rt::kPage - 16);
        auto entry = verified_.module().manifest.entry;
        bool has_result = verified_.module().functions[entry].result != verifier::kVoid;
        outcome_ = {Outcome::What::Exit, has_result ? static_cast<std::int32_t>(status) : 0};
    }
    alarm(0);
    running = nullptr;
    empty_exchange_heap();
    return outcome_;
}

std::string Machine::where(std::uint32_t address) const {
    auto offset = address - code_address();
    const auto& functions = verified_.module().functions;
    for (std::size_t f = 0; f < image_.functions.size(); ++f) {
        const auto& range = image_.functions[f];
        if (offset < range.begin || offset > range.end) continue;
        std::uint32_t line = 0;
        for (const auto& l : image_.lines)
            if (l.offset < offset) line = l.line;
        char text[400];
        std::snprintf(text, sizeof text, "%s+%u, line %u", functions[f].name.c_str(),
                      static_cast<unsigned>(offset - range.begin), static_cast<unsigned>(line));
        return text;
    }
    char text[32];
    std::snprintf(text, sizeof text, "0x%08x", static_cast<unsigned>(address));
    return text;
}

} // namespace singlet::native
