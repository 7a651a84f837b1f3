// The threads of a SIP that has started some. They take turns [turns.hh]: Sip::thread and Sip::stack are those of the thread
// that has the turn, or had it last, so that nobody else needs to know of the others.
//
// A thread that has not the turn stands at a call into the kernel which has left the callee-saved registers on the SIP's stack
// [abi/gates.S], and rt::Thread::stands says where: the collector goes on from there. A thread that has not run yet looks as if
// it stood at such a call, too.
//
// The kernel writes into the pages of these records, so a SIP never gets them back while it has the threads.
#pragma once
#include "kern/proc/sip_stack.hh"
#include "kern/proc/turns.hh"
#include "lib/rt/layout.hh"
#include <array>
#include <span>

namespace singlet::kern {

struct Sip;

class SipThreads final : public Turns {
public:
    /// Of a SIP whose one thread runs.
    explicit SipThreads(Sip& sip);
    SipThreads(const SipThreads&) = delete;
    SipThreads& operator=(const SipThreads&) = delete;
    /// Frees all threads but Sip::thread, wherever they are. That one may have ended: if nobody was in line, it still had the turn last.
    ~SipThreads();

    /// Are there kMostThreads?
    bool full() const { return count() == records_.size(); }
    /// A thread that calls the code at `thunk` with these words. There is a place for it. False: no memory.
    [[nodiscard]] bool start(Word thunk, std::span<const Word> words);
    /// The running thread's code has returned. True: it takes no more turns, and others go on.
    bool end_one();

    std::uint32_t count() const;
    /// Does the kernel write to the run of pages that begins there, or take it back itself?
    bool keep(Word run) const;

private:
    struct Record {
        Thread* thread = nullptr; // null: free
        SipStack stack{};         // while another has the turn
        Word thunk = 0, parameters = 0;
    };
    static void run(void* sip);
    void leaves(Thread& thread) override;
    void enters(Thread& thread) override;
    Record& record_of(const Thread& thread);
    void prepare(Record& record, std::span<const Word> words);
    void show_to_run_time();
    void give_back(const SipStack& stack);

    Sip& sip_;
    const Word first_stack_; // the record of that with which the SIP began
    std::array<Record, rt::kMostThreads> records_;
    Thread* ended_ = nullptr; // to be freed when another one runs
};

} // namespace singlet::kern
