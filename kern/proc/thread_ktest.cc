#include "kern/boot/test.hh"
#include "kern/cpu/x86.hh"
#include "kern/dev/console.hh"
#include "kern/dev/timer.hh"
#include "kern/mem/heap.hh"
#include "kern/proc/thread.hh"
#include <array>
#include <string>

namespace singlet::kern {

namespace {

constinit std::array<char, 32> trace_bytes{};
constinit std::size_t trace_used = 0;
void trace(char c) { trace_bytes[trace_used++ % trace_bytes.size()] = c; }
std::string_view traced() { return {trace_bytes.data(), trace_used}; }

Thread& spawn(Thread::Entry entry, void* argument) {
    Thread* thread = *Thread::create("test", entry, argument);
    thread->start();
    return *thread;
}

void say_three_times(void* name) {
    for (int i = 0; i < 3; i++) {
        trace(*static_cast<const char*>(name));
        yield();
    }
}

} // namespace

KERNEL_TEST(threads_take_turns) {
    std::uint32_t frames = zone_info(Zone::Kernel).free, blocks = heap::counts().blocks;
    Thread& a = spawn(say_three_times, const_cast<char*>("a"));
    Thread& b = spawn(say_three_times, const_cast<char*>("b"));
    while (a.state() != Thread::State::Dead || b.state() != Thread::State::Dead)
        yield();
    CHECK_EQUAL(traced(), "ababab");
    Thread::destroy(&a);
    Thread::destroy(&b);
    CHECK_EQUAL(heap::counts().blocks, blocks);
    CHECK(zone_info(Zone::Kernel).free + 1 >= frames); // a slab may have come into being
}

KERNEL_TEST(threads_wait) {
    static WaitQueue queue;
    auto waiter = [](void* name) {
        queue.wait();
        trace(*static_cast<const char*>(name));
    };
    Thread& a = spawn(waiter, const_cast<char*>("a"));
    Thread& b = spawn(waiter, const_cast<char*>("b"));
    Thread& c = spawn(waiter, const_cast<char*>("c"));
    yield();
    CHECK(traced().empty() && a.state() == Thread::State::Blocked);
    CHECK(queue.wake_one());
    yield();
    CHECK_EQUAL(traced(), "a");
    Thread::destroy(&b); // a waiter that dies leaves the queue
    queue.wake_all();
    yield();
    CHECK(traced() == "ac" && queue.empty() && !queue.wake_one());
    Thread::destroy(&a);
    Thread::destroy(&c);
}

KERNEL_TEST(threads_hand_over) {
    static Thread* main = &Thread::current();
    auto partner = [](void*) {
        for (;;) {
            trace('p');
            hand_over(*main);
        }
    };
    Thread& a = spawn(partner, nullptr);
    Thread& bystander = spawn([](void*) { trace('x'); }, nullptr);
    hand_over(a); // past nobody: a is first
    trace('m');
    hand_over(a); // past the bystander, who is ready
    trace('m');
    CHECK_EQUAL(traced(), "pmpm");
    yield();
    CHECK_EQUAL(traced(), "pmpmx");
    Thread::destroy(&a);
    Thread::destroy(&bystander);
}

KERNEL_TEST_AFTER(410, timer) {
    // Alone (nobody else has started a thread so early), this thread is never interrupted; the timer
    // runs out once for each time it is armed.
    CHECK(!timer::armed && turns_ended() <= 1);
    std::uint32_t start = turns_ended();
    for (std::uint32_t turn = 1; turn <= 5; turn++) {
        arm_timer();
        arm_timer(); // changes nothing
        wait_for_interrupt();
        CHECK(turns_ended() - start == turn && !timer::armed && !interrupts_enabled());
    }
    print("5 turns\n");
}

KERNEL_TEST(timer_runs_for_those_who_wait) {
    Thread& other = spawn([](void*) {}, nullptr);
    CHECK(timer::armed);
    std::uint32_t start = turns_ended();
    wait_for_interrupt(); // in the kernel: nobody is preempted, and the next turn has begun
    CHECK(turns_ended() == start + 1 && timer::armed && other.state() == Thread::State::Ready);
    yield();
    CHECK(other.state() == Thread::State::Dead);
    Thread::destroy(&other);
    static WaitQueue nobody;
    static Thread* main = &Thread::current();
    on_idle([] { main->wake(); });
    nobody.wait(); // through the idle thread, which finds nobody else
    on_idle(nullptr);
    CHECK_EQUAL(turns_ended(), start + 1);
}

namespace {

constinit volatile bool stop = false;
constinit volatile std::uint32_t spins[2] = {};

void spin(void* counter) {
    auto& count = *static_cast<volatile std::uint32_t*>(counter);
    while (!stop)
        count = count + 1;
}

void spin_outside(void* counter) {
    Frames stack = *Frames::allocate(Zone::Sip, 1, Zeroed::No);
    run_outside(spin, counter, reinterpret_cast<void*>(stack.end().raw()));
    CHECK(!interrupts_enabled() && task_state.esp0 == Thread::current().kernel_stack().end().raw());
}

} // namespace

KERNEL_TEST(threads_preempted) {
    std::uint32_t free = zone_info(Zone::Sip).free;
    Thread& a = spawn(spin_outside, const_cast<std::uint32_t*>(&spins[0]));
    Thread& b = spawn(spin_outside, const_cast<std::uint32_t*>(&spins[1]));
    std::uint32_t start = turns_ended();
    while (turns_ended() - start < 10)
        yield(); // neither ever yields, yet this thread goes on
    CHECK(spins[0] > 1000 && spins[1] > 1000);
    stop = true;
    while (a.state() != Thread::State::Dead || b.state() != Thread::State::Dead)
        yield();
    Thread::destroy(&a);
    Thread::destroy(&b);
    CHECK_EQUAL(zone_info(Zone::Sip).free, free);
}

} // namespace singlet::kern
