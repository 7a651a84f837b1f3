// Threads and the scheduler: round robin over one run queue, and direct hand-over past it.
//
//             start               chosen                exit
//   (create) ------> Ready <----------------> Running ------> Dead
//                      ^    yield, preempted     |
//                      |                         | block
//                      +------- Blocked <--------+
//                        wake
//
// <since lab6>
// The threads of a SIP that has several take turns [turns.hh]: one that waits is Away, and when it is woken in the turn of
// another it is in Line until the turn is its own.
//
// </since>
// Kernel code runs with interrupts off and is never preempted: it gives up the processor by calling
// yield, block, hand_over or exit. SIP code (outside the kernel stack) is preempted when the timer
// ends its turn; the timer runs whenever a thread is on the run queue beside the one that runs. Every thread has a kernel stack; task_state.esp0 says where the running thread's kernel
// stack goes on when a trap comes from outside.
#pragma once
#include "kern/cpu/stack.hh"
#include "kern/mem/frames.hh"
#include "lib/core/list.hh"
#include <string_view>

namespace singlet::kern {

// <since lab6>
class Turns;
// </since>

class Thread {
public:
    enum class State : std::uint8_t {
        New,
        Ready,
        Running,
        Blocked,
        Dead,
        // <since lab6>
        Away,
        InLine
        // </since>
    };
    using Entry = void (*)(void* argument);

    /// A thread that will call entry(argument) on a kernel stack of its own, interrupts off, and end
    /// when that returns. `name` must outlive it. Error: NoMemory.
    static Result<Thread*> create(std::string_view name, Entry entry, void* argument);
    /// Frees the thread and its stack, in whatever state but Running: what it waited for or was in
    /// the middle of is dropped. What its kernel frames own is lost: make them own nothing.
    static void destroy(Thread* thread);

    static Thread& current();

    /// All threads, in order of their creation; the first is the one that booted.
    template <class F>
    static void for_each(F each) {
        for (const Thread* thread = all_.first(); thread; thread = all_.next(*thread))
            each(*thread);
    }

    void start(); // New -> Ready
    void wake();  // Blocked -> Ready; nothing happens in any other state

    std::string_view name() const { return name_; }
    State state() const { return state_; }
    const Frames& kernel_stack() const { return stack_; }

    // For the part that runs SIPs. `on_switch_in` is called, when set, after each switch to this
    // thread, before it goes on: it loads the SIP's domain and Now page.
    void* owner = nullptr;
    void (*on_switch_in)(Thread& thread) = nullptr;
    // <since lab6>
    Turns* turns = nullptr; // with the other threads of its SIP, if there are others
    // </since>

    /// On the run queue while Ready, on a wait queue (if any) while Blocked.
    ListLink link;
    ListLink all_link;

private:
    friend class Scheduler;
    Thread();
    ~Thread() = default;

    std::uint32_t saved_esp_ = 0;
    std::uint32_t saved_esp0_ = 0; // task_state.esp0 of while it runs
    State state_ = State::New;
    Frames stack_;
    std::string_view name_;
    Entry entry_ = nullptr;
    void* argument_ = nullptr;

    static List<Thread, &Thread::all_link> all_;
};

/// Lets the other ready threads run; returns at once when there are none.
// <since lab6>
/// Another thread of the same SIP that wants the turn gets it.
// </since>
void yield();
/// Takes the running thread off the processor until somebody wakes it.
void block();
/// block(), but the processor goes straight to `next`, which must be Ready or Blocked: the short
/// way of a message to its receiver.
void hand_over(Thread& next);
/// hand_over to `next` if it is Ready; else block().
void block_for(Thread& next);
/// As hand_over, but the running thread stays Ready.
void yield_to(Thread& next);
/// Ends the running thread. Its memory stays until somebody calls Thread::destroy.
[[noreturn]] void exit_thread();
// <since lab6>
/// The running thread takes no more turns, and may end: who is next in line has the turn. It is its own for now.
void leave_turns();
// </since>

/// `hook` is called, interrupts off, whenever no thread can run but by an interrupt.
void on_idle(void (*hook)());

/// The timer ran out: the running thread's turn is over as soon as it can be preempted.
void end_turn();
/// Yields when the turn is over; called on the way back to SIP code.
void preempt_if_due();

/// Threads that wait for the same thing, first come first served.
class WaitQueue {
public:
    void wait();
    /// The thread that has waited longest is Ready now; false when there was none.
    bool wake_one();
    void wake_all();
    bool empty() const { return waiters_.empty(); }

private:
    List<Thread, &Thread::link> waiters_;
};

extern "C" {
/// Runs entry(argument) on another stack as SIP code at CPL 0 does: interrupts on, preemptible, traps
/// going on at the kernel stack of the caller. Returns when entry returns, or when leave_outside()
/// is called on the kernel stack by a trap's handler. The result is what entry left in EAX.
std::uint32_t run_outside(void (*entry)(void*), void* argument, void* stack_top);
/// Goes to CPL 3 at eip with esp, interrupts on. Comes back like run_outside.
void run_ring3(std::uint32_t eip, std::uint32_t esp);
/// Drops whatever runs outside and returns from the innermost run_outside or run_ring3.
[[noreturn]] void leave_outside();
}

} // namespace singlet::kern
