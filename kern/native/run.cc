// From boot modules to C++ processes and to the end of the machine, when run= names processes alone:
// when the last of them has ended the others are stopped, everything is counted, and the machine ends
// with Success if the last ended with status 0. With SIPs among them kern/install/start.cc does that.
#include "kern/native/run.hh"

#include "kern/boot/init.hh"
#include "kern/boot/options.hh"
#include "kern/cpu/exit.hh"
// <since lab6>
#include "kern/dev/irq_line.hh"
// </since>
#include "kern/mem/heap.hh"
#include "kern/proc/kernel_domain.hh"

namespace singlet::kern {

namespace {

constinit Thread* starter = nullptr; // the thread that waits for processes to end
constinit bool stuck = false;

bool runs_processes_alone() {
    bool any = false, other = false;
    for_each_piece(options().run, ',',
                   [&](std::string_view name) { (is_process_module(name) ? any : other) = true; });
    return any && !other && options().test.empty();
}

void process_ended(Process& process) {
    report_end(process);
    starter->wake();
}

// Called when no thread can run: it can only go on if an interrupt wakes somebody.
void nothing_to_do() {
    if (stuck || starter->state() != Thread::State::Blocked) return;
    // <since lab6>
    if (irq_is_awaited()) return;
    // </since>
    stuck = true;
    starter->wake();
}

[[noreturn]] void end_stuck() {
    print("singlet: every process waits for another, and none can go on:");
    for_each_process([](Process& process) { print(" {}", process.name); });
    print("\n");
    exit_machine(ExitStatus::Failure);
}

// `last` is the one that the machine waits for; false when the last of run= was refused.
bool start_all(Process*& last) {
    bool started = false;
    for_each_piece(options().run, ',', [&](std::string_view name) {
        const BootModule* module = find_module(name);
        if (!module) fail("run={}: there is no boot module of that name", name);
        Process* process = run_process(*module);
        started = process != nullptr;
        if (started) last = process;
    });
    return started;
}

void wait_for(Process& last) {
    while (last.state != Process::State::Ended) {
        if (stuck) end_stuck();
        block();
        reap_processes(&last);
    }
}

void run_processes() {
    if (!runs_processes_alone()) return;
    if (mode_has_paging(options().protect)) start_paging();
    starter = &Thread::current();
    starter->on_switch_in = [](Thread&) { enter_kernel_domain(); };
    on_process_end(process_ended);
    on_idle(nothing_to_do);
    std::uint32_t before = frames_in_use();
    Process* last = nullptr;
    bool good = start_all(last);
    if (!last) fail("no process could be started");
    wait_for(*last);
    good &= last->end == native::End::Exit && last->status == 0;
    stop_processes();
    auto leaked = static_cast<std::int32_t>(frames_in_use() - before);
    print("singlet: all processes have ended; leaked: {} frames\n", leaked);
    exit_machine(good && leaked <= 0 ? ExitStatus::Success : ExitStatus::Failure);
}
INIT(785, run_processes);

} // namespace

Process* run_process(const BootModule& module) {
    if (!mode_has_paging(options().protect)) {
        print("install {}: refused: a process at CPL 3 needs paging, which protect={} has not\n",
              module.name, name_of(options().protect));
        return nullptr;
    }
    auto process = create_process(module, nullptr);
    if (!process) {
        print("install {}: refused: {}\n", module.name, process.error());
        return nullptr;
    }
    if (start_process(**process)) return *process;
    print("install {}: refused: {}\n", module.name, name_of(Error::NoMemory));
    reap_process(**process);
    return nullptr;
}

void reap_processes(const Process* kept) {
    for_each_process([&](Process& process) {
        bool free = process.state == Process::State::Ended && !process.parent;
        if (free && &process != kept) reap_process(process);
    });
}

void report_end(const Process& process) {
    if (process.end == native::End::Exit && process.status)
        print("process {}: exit {}\n", process.name, process.status);
}

std::uint32_t frames_in_use() {
    std::uint32_t used = 0;
    for (Zone zone : {Zone::Kernel, Zone::Sip})
        used += zone_info(zone).frames - zone_info(zone).free;
    return used - heap::counts().frames;
}

void stop_processes() {
    for_each_process([](Process& process) {
        kill_process(process);
        process.parent = nullptr;
    });
    reap_processes();
}

} // namespace singlet::kern
