// Programs of user/native/test, run to their end: each test is a boot with those that it names as modules.
// What holds of memory alone is tested in address_space_ktest.cc, where nothing has to run.
#include "kern/boot/test.hh"
#include "kern/dev/console.hh"
#include "kern/mem/paging.hh"
#include "kern/native/run.hh"
#include "kern/proc/kernel_domain.hh"
#include <iterator>

namespace singlet::kern {

namespace {

using native::End;

constinit Thread* tester = nullptr;
constinit bool nobody_can_go_on = false;

void tell_tester(Process&) { tester->wake(); }

void see_that_nobody_can_go_on() {
    nobody_can_go_on = true;
    tester->wake();
}

void begin() {
    start_paging();
    tester = &Thread::current();
    tester->on_switch_in = [](Thread&) { enter_kernel_domain(); };
    on_process_end(tell_tester);
    on_idle(see_that_nobody_can_go_on);
}

// A process of build/user/native/<name>.elf, which finds `told` in its stack's last word.
Process& start(std::string_view name, std::uint32_t told = 0) {
    const BootModule* module = find_module(name);
    if (!module) print("there is no boot module {}\n", name);
    CHECK(module);
    auto process = create_process(*module, nullptr);
    if (!process) print("{}: {}\n", name, process.error());
    CHECK(process);
    (*process)->space->copy_out({kProcessEnd - 4, 4}, &told);
    CHECK(start_process(**process));
    return **process;
}

bool ends(Process& process, End end, std::int32_t status) {
    while (process.state != Process::State::Ended) {
        CHECK(!nobody_can_go_on);
        block();
    }
    if (process.end != end || process.status != status)
        print("{} ended by {}, status {}\n", process.name, unsigned(process.end), process.status);
    return process.end == end && process.status == status;
}

// Lets `tested` run beside servers until it ends with status 0, then ends them: is everything back?
void run_beside(std::initializer_list<std::string_view> servers, std::string_view tested) {
    begin();
    std::uint32_t before = frames_in_use();
    for (std::string_view server : servers)
        start(server);
    CHECK(ends(start(tested), End::Exit, 0));
    stop_processes();
    CHECK(frames_in_use() <= before);
}

} // namespace

KERNEL_TEST(program_calls) {
    begin();
    CHECK(ends(start("registers.elf"), End::Exit, 42));
}

KERNEL_TEST(program_of_no_call) {
    begin();
    CHECK(ends(start("wrong_number.elf"), End::Number, 99));
}

KERNEL_TEST(program_strays) {
    begin();
    constexpr auto kPrint = static_cast<std::int32_t>(native::Call::print);
    constexpr auto kReceive = static_cast<std::int32_t>(native::Call::receive);
    for (std::uint32_t n = 0; n < 4; n++)
        CHECK(ends(start("stray.elf", n), End::Memory, kPrint));
    for (std::uint32_t n = 4; n < 6; n++)
        CHECK(ends(start("stray.elf", n), End::Memory, kReceive));
    CHECK(ends(start("stray.elf", 6), End::Exit, 0));
}

KERNEL_TEST(program_faults) {
    begin();
    constexpr std::int32_t kVectors[] = {14, 14, 14, 13, 6, 0};
    for (std::uint32_t n = 0; n < std::size(kVectors); n++)
        CHECK(ends(start("faulty.elf", n), End::Fault, kVectors[n]));
    CHECK(ends(start("faulty.elf", 6), End::Exit, 0)); // others are as well as before
}

KERNEL_TEST(program_messages) {
    begin();
    Process& early = start("talk.elf"); // calls before echo receives
    start("echo.elf");
    CHECK(ends(early, End::Exit, 0));
    Process& one = start("talk.elf");
    Process& other = start("talk.elf"); // both call the same server
    CHECK(ends(one, End::Exit, 0) && ends(other, End::Exit, 0));
}

KERNEL_TEST(processes_are_killed) {
    begin();
    std::uint32_t before = frames_in_use();
    Process& server = start("turns.elf");
    Process& client = start("patient.elf");
    Process& idle = start("sink.elf"); // waits for somebody
    for (int turn = 0; turn < 4; turn++)
        yield();
    CHECK(client.waiting == Process::Waiting::Receiver);
    kill_process(server);
    CHECK(server.end == End::Killed && !server.space && !find_process("turns"));
    CHECK(ends(client, End::Exit, 7));
    kill_process(idle);
    Process& parent = start("parent.elf");
    while (!find_process("turns"))
        yield();
    kill_process(parent);
    CHECK(!find_process("turns")); // its child
    stop_processes();
    CHECK(frames_in_use() <= before);
}

KERNEL_TEST(processes_do_what_they_may) { run_beside({"echo.elf", "miser.elf"}, "good.elf"); }

KERNEL_TEST(processes_do_what_they_may_not) { run_beside({"echo.elf"}, "judge.elf"); }

KERNEL_TEST(processes_in_a_storm) { run_beside({"echo.elf"}, "storm.elf"); }

KERNEL_TEST(message_cost) {
    begin();
    start("sink.elf");
    CHECK(ends(start("cost.elf"), End::Exit, 0));
}

} // namespace singlet::kern
