// Turns, with threads of the kernel's: one at a time, in the order in which they got in line, and no matter who else runs.
#include "kern/boot/test.hh"
#include "kern/proc/turns.hh"
#include <array>
#include <string_view>

namespace singlet::kern {

namespace {

constinit std::array<char, 64> trace_bytes{};
constinit std::size_t trace_used = 0;
void trace(char c) { trace_bytes[trace_used++ % trace_bytes.size()] = c; }
std::string_view traced() { return {trace_bytes.data(), trace_used}; }

// Writes down who leaves (capital) and who enters.
struct TracedTurns final : Turns {
    using Turns::Turns;
    void leaves(Thread& thread) override { trace(char(thread.name()[0] - 'a' + 'A')); }
    void enters(Thread& thread) override { trace(thread.name()[0]); }
};

constinit TracedTurns* turns = nullptr;

Thread& spawn(const char* name, Thread::Entry entry) {
    Thread* thread = *Thread::create(name, entry, const_cast<char*>(name));
    if (turns) thread->turns = turns;
    thread->start();
    return *thread;
}

void wait_twice(void*) {
    block();
    block();
    leave_turns();
}

void yield_twice(void*) {
    yield();
    yield();
    leave_turns();
}

// Until nobody but this thread wants to run.
void let_all_run() {
    for (int i = 0; i < 20; i++)
        yield();
}

} // namespace

KERNEL_TEST(turns_are_taken) {
    Thread& a = **Thread::create("a", wait_twice, nullptr);
    TracedTurns shared(a);
    turns = &shared;
    // The first has the turn before it begins; the others get in line.
    Thread& b = spawn("b", wait_twice);
    Thread& c = spawn("c", yield_twice);
    CHECK(b.state() == Thread::State::InLine && c.state() == Thread::State::InLine);
    b.wake(); // it is awake
    // A thread has no turns before its first start, so this one is made ready as any other.
    a.turns = nullptr;
    a.start();
    a.turns = &shared;
    let_all_run();
    // a waits, b waits, c yields to nobody, twice, and ends.
    CHECK_EQUAL(traced(), "AbBc");
    CHECK(a.state() == Thread::State::Away && b.state() == Thread::State::Away);
    CHECK(c.state() == Thread::State::Dead && c.turns == nullptr);
    // Who is woken first has the turn; the other one is in line until that waits again.
    b.wake();
    a.wake();
    CHECK(b.state() == Thread::State::Ready && a.state() == Thread::State::InLine);
    let_all_run();
    CHECK_EQUAL(traced(), "AbBcbBaA");
    a.wake();
    b.wake();
    let_all_run();
    CHECK_EQUAL(traced(), "AbBcbBaAab");
    CHECK(a.state() == Thread::State::Dead && b.state() == Thread::State::Dead);
    CHECK(!shared.wanted());
    turns = nullptr;
    for (Thread* thread : {&a, &b, &c})
        Thread::destroy(thread);
}

// One that is in line may die there, and one that yields goes behind those who were in line before.
KERNEL_TEST(turns_are_yielded) {
    trace_used = 0;
    Thread& a = **Thread::create("a", yield_twice, nullptr);
    TracedTurns shared(a);
    turns = &shared;
    Thread& b = spawn("b", yield_twice);
    Thread& c = spawn("c", yield_twice);
    Thread::destroy(&c);
    a.turns = nullptr;
    a.start();
    a.turns = &shared;
    let_all_run();
    CHECK_EQUAL(traced(), "AbBaAbBab");
    turns = nullptr;
    for (Thread* thread : {&a, &b})
        Thread::destroy(thread);
}

} // namespace singlet::kern
