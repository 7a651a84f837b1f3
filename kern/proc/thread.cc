#include "kern/proc/thread.hh"

#include "kern/boot/init.hh"
#include "kern/cpu/x86.hh"
#include "kern/dev/timer.hh"
// <since lab6>
#include "kern/proc/turns.hh"
// </since>
#include "lib/core/assert.hh"
#include <new>

namespace singlet::kern {

extern "C" {
void switch_context(std::uint32_t* save_esp, std::uint32_t load_esp);
void thread_start();
extern char boot_stack[];
}

namespace {

constinit Thread* running = nullptr;
constinit Thread* idle = nullptr; // runs when nothing is ready; never on the run queue
constinit List<Thread, &Thread::link> run_queue{};
constinit bool turn_over = false;
constinit void (*idle_hook)() = nullptr;

// At the far end of every kernel stack: where it is overwritten, the stack has overflowed.
constexpr std::uint32_t kStackGuard = 0x5afe57ac;
std::uint32_t& guard_of(std::uint32_t esp0) {
    return *reinterpret_cast<std::uint32_t*>((esp0 - 1) & ~(kStackSize - 1));
}

} // namespace

// What may look into a Thread: all changes of state are here.
class Scheduler {
public:
    // Not for the idle thread, which neither waits nor yields.
    static void make_ready(Thread& thread) {
        if (thread.link.linked()) thread.link.unlink(); // from a wait queue
        thread.state_ = Thread::State::Ready;
        run_queue.push_back(thread);
        if (running != idle) arm_timer();
    }

    // Switches to `next`, which is another. The running thread has its new state already. Each thread
    // has its own place where traps from outside land, task_state.esp0: it is kept with the stack pointer.
    static void run(Thread& next) {
        Thread& previous = *running;
        next.link.unlink();
        next.state_ = Thread::State::Running;
        turn_over = false;
        ASSERT(guard_of(task_state.esp0) == kStackGuard);
        // <lab2:switch previous, next.saved_esp0_>
        previous.saved_esp0_ = task_state.esp0;
        task_state.esp0 = next.saved_esp0_;
        running = &next;
        switch_context(&previous.saved_esp_, next.saved_esp_);
        // </lab2:switch>
        switched_in();
    }

    static void set_blocked(Thread& thread) {
        // <since lab6>
        if (thread.turns) [[unlikely]]
            return pass_turn(Thread::State::Away);
        // </since>
        thread.state_ = Thread::State::Blocked;
    }

    // <since lab6>
    // These stay out of the way of threads that share no turn.
    [[gnu::cold, gnu::noinline]] static void pass_turn(Thread::State state) {
        running->state_ = state;
        Thread* next = running->turns->pass();
        if (next) make_ready(*next);
    }

    [[gnu::cold, gnu::noinline]] static void leave_turns() {
        Thread* next = running->turns->next();
        if (next) make_ready(*next);
        running->turns = nullptr;
    }

    [[gnu::cold, gnu::noinline]] static void get_in_line(Thread& thread) {
        thread.link.unlink(); // from a wait queue
        if (thread.turns->take(thread)) return make_ready(thread);
        thread.state_ = Thread::State::InLine;
    }
    // </since>

    static void run_next_as(Thread::State state) {
        running->state_ = state;
        run_next();
    }

    static void run_next() {
        Thread* next = run_queue.first();
        run(next ? *next : *idle);
    }

    // Makes the stack of a thread that never ran look as if it had stopped in switch_context, called from
    // the beginning of thread_start. What it would have saved is zero.
    static void prepare_stack(Thread& thread) {
        std::uint32_t top = thread.stack_.end().raw();
        guard_of(top) = kStackGuard;
        // <lab2:switch top, thread.saved_esp_>
        auto* stack = reinterpret_cast<std::uint32_t*>(top);
        *--stack =
            address_of(reinterpret_cast<void*>(thread_start)); // where switch_context returns
        for (int i = 0; i < 4; i++)
            *--stack = 0; // EBP EBX ESI EDI
        thread.saved_esp_ = address_of(stack);
        thread.saved_esp0_ = top;
        // </lab2:switch>
    }

    [[noreturn]] static void run_entry() {
        switched_in();
        running->entry_(running->argument_);
        exit_thread();
    }

    // kernel_main goes on as the first thread.
    static void adopt_boot_stack() {
        running = new Thread;
        running->name_ = "main";
        running->state_ = Thread::State::Running;
        guard_of(task_state.esp0) = kStackGuard;
    }

private:
    static void switched_in() {
        if (running->on_switch_in) running->on_switch_in(*running);
    }
};

namespace {

void idle_loop(void*) {
    for (;;) {
        while (run_queue.empty()) {
            if (idle_hook) idle_hook();
            if (!run_queue.empty()) break;
            disarm_timer();
            wait_for_interrupt();
        }
        if (run_queue.next(*run_queue.first())) arm_timer(); // two are ready: one will wait
        Scheduler::run_next_as(Thread::State::Ready);
    }
}

void start_threads() {
    Scheduler::adopt_boot_stack();
    auto created = Thread::create("idle", idle_loop, nullptr);
    ASSERT(created);
    idle = *created;
}
INIT(410, start_threads);

// Called by switch.S on a new thread's stack.
extern "C" [[noreturn]] void thread_main() { Scheduler::run_entry(); }

} // namespace

constinit List<Thread, &Thread::all_link> Thread::all_{};

Thread::Thread() { all_.push_back(*this); }

Result<Thread*> Thread::create(std::string_view name, Entry entry, void* argument) {
    Frames stack = TRY(
        Frames::allocate(Zone::Kernel, kStackSize / kPageSize, Zeroed::No, kStackSize / kPageSize));
    auto* thread = new (std::nothrow) Thread;
    if (!thread) return std::unexpected(Error::NoMemory);
    thread->name_ = name;
    thread->entry_ = entry;
    thread->argument_ = argument;
    thread->stack_ = std::move(stack);
    Scheduler::prepare_stack(*thread);
    return thread;
}

void Thread::destroy(Thread* thread) {
    ASSERT(thread != running && thread != idle);
    delete thread;
}

Thread& Thread::current() { return *running; }

void Thread::start() {
    ASSERT(state_ == State::New);
    // <since lab6>
    if (turns) return Scheduler::get_in_line(*this);
    // </since>
    Scheduler::make_ready(*this);
}

void Thread::wake() {
    if (state_ == State::Blocked) Scheduler::make_ready(*this);
    // <since lab6>
    else if (state_ == State::Away)
        Scheduler::get_in_line(*this);
    // </since>
}

namespace {

void give_way() {
    turn_over = false;
    if (run_queue.empty()) return;
    Scheduler::make_ready(*running);
    Scheduler::run(*run_queue.first());
}

} // namespace

void yield() {
    // <since lab6>
    if (running->turns && running->turns->wanted()) [[unlikely]] {
        Scheduler::pass_turn(Thread::State::Away);
        Scheduler::get_in_line(*running);
        return Scheduler::run_next();
    }
    // </since>
    give_way();
}

void block() {
    Scheduler::set_blocked(*running);
    Scheduler::run_next();
}

void hand_over(Thread& next) {
    ASSERT(next.state() == Thread::State::Ready || next.state() == Thread::State::Blocked);
    Scheduler::set_blocked(*running);
    Scheduler::run(next);
}

void block_for(Thread& next) {
    if (next.state() != Thread::State::Ready) return block();
    Scheduler::set_blocked(*running);
    Scheduler::run(next);
}

void yield_to(Thread& next) {
    ASSERT(next.state() == Thread::State::Ready || next.state() == Thread::State::Blocked);
    Scheduler::make_ready(*running);
    Scheduler::run(next);
}

// <since lab6>
void leave_turns() { Scheduler::leave_turns(); }
// </since>

void exit_thread() {
    Scheduler::run_next_as(Thread::State::Dead);
    __builtin_unreachable();
}

void on_idle(void (*hook)()) { idle_hook = hook; }

void end_turn() {
    turn_over = true;
    if (!run_queue.empty()) arm_timer();
}

void preempt_if_due() {
    if (turn_over) give_way();
}

void WaitQueue::wait() {
    waiters_.push_back(*running);
    block();
}

bool WaitQueue::wake_one() {
    Thread* thread = waiters_.first();
    if (thread) thread->wake();
    return thread != nullptr;
}

void WaitQueue::wake_all() {
    while (wake_one()) {
    }
}

} // namespace singlet::kern
