#include "kern/proc/sip_threads.hh"

#include "kern/cpu/segments.hh"
#include "kern/proc/sip.hh"
#include "kern/proc/sip_memory.hh"
#include "lib/core/assert.hh"
#include "lib/rt/heap.hh"
#include "lib/rt/stack.hh"
#include "verifier/limits.hh"
#include <algorithm>
#include <cstring>

namespace singlet::kern {

static_assert(rt::kMostThreads == verifier::limits::kThreads);

namespace {

// Where the running thread has left the SIP's code: the ESP that its gate has pushed, or the processor, with SS before it.
Word outside_esp([[maybe_unused]] const Sip& sip) {
    Word at = task_state.esp0 - 4;
    // <since lab7>
    if (sip.level == Level::User) at -= 4;
    // </since>
    return *pointer<const Word>(at);
}

} // namespace

SipThreads::SipThreads(Sip& sip) : Turns(*sip.thread), sip_(sip), first_stack_(sip.stack.record) {
    records_[0] = {.thread = sip.thread, .stack = sip.stack};
    show_to_run_time();
}

SipThreads::~SipThreads() {
    for (const Record& record : records_)
        if (record.thread && record.thread != sip_.thread) Thread::destroy(record.thread);
    if (ended_ && ended_ != sip_.thread) Thread::destroy(ended_);
    sip_.thread->turns = nullptr;
}

std::uint32_t SipThreads::count() const {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(records_, [](const Record& r) { return r.thread != nullptr; }));
}

bool SipThreads::keep(Word run) const {
    return std::ranges::any_of(records_, [&](const Record& r) {
        return r.thread && (r.stack.record == run || r.stack.top - kPageSize == run);
    });
}

SipThreads::Record& SipThreads::record_of(const Thread& thread) {
    auto record = std::ranges::find(records_, &thread, &Record::thread);
    ASSERT(record != records_.end());
    return *record;
}

// This runs on the thread itself, so the SIP's memory is at hand.
void SipThreads::leaves(Thread& thread) {
    record_of(thread).stack = sip_.stack;
    pointer<rt::Thread>(sip_.stack.record)->stands = outside_esp(sip_);
}

void SipThreads::enters(Thread& thread) {
    sip_.thread = &thread;
    sip_.stack = record_of(thread).stack;
}

void SipThreads::show_to_run_time() {
    auto& control = *pointer<rt::SipControl>(sip_.control);
    for (std::size_t i = 0; i < records_.size(); i++)
        control.threads[i] = records_[i].thread ? records_[i].stack.record : 0;
}

// The first stack segment, and the record, of a thread that was started.
void SipThreads::give_back(const SipStack& stack) {
    sip_.pages.free(stack.top - kPageSize);
    sip_.pages.free(stack.record);
}

// The parameters as cdecl has them, and below them what a call would have left that returns to the thunk.
void SipThreads::prepare(Record& record, std::span<const Word> words) {
    record.parameters = (record.stack.top - 16 - 4 * static_cast<Word>(words.size())) & ~15u;
    std::ranges::copy(words, pointer<Word>(record.parameters));
    *pointer<Word>(record.parameters - 4) = 0; // returns to nobody
    Word caller = record.parameters - 4 - offsetof(rt::CallerState, arguments);
    std::memset(pointer<void>(caller), 0, sizeof(rt::CallerState::saved));
    pointer<rt::CallerState>(caller)->return_address = record.thunk;
    pointer<rt::Thread>(record.stack.record)->stands = caller;
}

bool SipThreads::start(Word thunk, std::span<const Word> words) {
    auto record = std::ranges::find(records_, nullptr, &Record::thread);
    ASSERT(record != records_.end());
    const Word page = sip_.pages.allocate(1), segment = page ? sip_.pages.allocate(1) : 0;
    auto thread =
        segment ? Thread::create(sip_.name, run, &sip_) : std::unexpected(Error::NoMemory);
    if (!thread) {
        if (segment) sip_.pages.free(segment);
        if (page) sip_.pages.free(page);
        return false;
    }
    *record = {.thread = *thread, .stack = make_stack(page, segment), .thunk = thunk};
    prepare(*record, words);
    show_to_run_time();
    (*thread)->owner = &sip_;
    (*thread)->on_switch_in = enter_sip_thread;
    (*thread)->turns = this;
    (*thread)->start();
    return true;
}

void SipThreads::run(void* argument) {
    Sip& sip = *static_cast<Sip*>(argument);
    const Record& record = sip.threads->record_of(Thread::current());
    enter_thread(sip, record.thunk, record.parameters);
    end_thread(sip);
}

// What a SIP began with it keeps to its end. Where the spare segment lies, its run-time says: it can only lose what is its own.
bool SipThreads::end_one() {
    if (sip_.exited || sip_.reason != rt::TrapReason::None || count() == 1) return false;
    Thread& thread = Thread::current();
    Record& record = record_of(thread);
    const SipStack stack = record.stack;
    const Word spare = pointer<rt::Thread>(stack.record)->spare;
    if (stack.record != first_stack_) {
        if (sip_.pages.is_run(spare) && !keep(spare) && spare != sip_.control)
            sip_.pages.free(spare);
        give_back(stack);
    }
    record = {};
    show_to_run_time();
    if (ended_) Thread::destroy(ended_);
    ended_ = &thread;
    leave_turns();
    return true;
}

} // namespace singlet::kern
