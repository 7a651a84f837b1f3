#include "kern/native/process.hh"

#include "kern/boot/init.hh"
#include "kern/boot/options.hh"
#include "kern/cpu/trap.hh"
#include "kern/cpu/user_entry.hh"
#include "kern/cpu/x86.hh"
#include "kern/dev/console.hh"
// <since lab6>
#include "kern/native/devices.hh"
// </since>
#include "kern/native/rendezvous.hh"
#include "lib/core/assert.hh"
#include <algorithm>
#include <new>
#include <span>

namespace singlet::kern {

constinit Process* process_table[kMostProcesses] = {};

namespace {

constinit ProcessId last_id = 0;
constinit void (*hear_end)(Process&) = nullptr;

extern "C" void process_entry();
constinit const UserEntry entry_of_processes{.interrupt = process_entry};

// After each switch to the process's thread.
void switched_in(Thread& thread) {
    auto& process = *static_cast<Process*>(thread.owner);
    process.space->activate();
    // <since lab6>
    open_ports(process.ports);
    // </since>
    enter_kernel_by(entry_of_processes);
}

// The slot is the number's remainder, so that a number finds its process at once. 0: no slot is free.
ProcessId new_id() {
    for (std::uint32_t tried = 0; tried < kMostProcesses; tried++) {
        if (++last_id == 0) ++last_id;
        if (!process_table[last_id % kMostProcesses]) return last_id;
    }
    return 0;
}

// Gives everything back but the Process and its thread, which may be running. Its children end with it.
void finish(Process& process) {
    // <since lab6>
    close_ports(process.ports);
    close_devices(process);
    // </since>
    process.space.reset();
    process.state = Process::State::Ended;
    leave_rendezvous(process);
    for_each_process([&](Process& child) {
        if (child.parent != &process) return;
        // <lab2:kill>
        kill_process(child);
        child.parent = nullptr;
        // </lab2:kill>
    });
    if (hear_end) hear_end(process);
}

void run(void* argument) {
    auto& process = *static_cast<Process*>(argument);
    run_ring3(process.entry, kProcessEnd);
    finish(process);
}

constinit TrapHandler next_fault_handler = nullptr; // of others that run outside the kernel

bool is_full_stack(const TrapFrame& frame) {
    constexpr std::uint32_t kNear = 16 * kPageSize;
    return frame.vector == vector::kPageFault && read_cr2() < kProcessStackBottom &&
           read_cr2() >= kProcessStackBottom - kNear;
}

// Called for each trap from outside the kernel that no handler has taken. A process that made it is over;
// the machine is not. On the console:
//   process bad: page fault: write to 0x00000000, not present, at CPL 3, at 0x40000104
bool take_fault(TrapFrame& frame) {
    Process* process = running_process();
    if (!process) return next_fault_handler && next_fault_handler(frame);
    // <lab2:fault is_full_stack>
    print("process {}: ", process->name);
    print_exception(frame);
    if (is_full_stack(frame)) print(" (its stack is full)");
    print(", at 0x{:08x}\n", frame.eip);
    end_process(native::End::Fault, static_cast<std::int32_t>(frame.vector));
    // </lab2:fault>
}

void watch_faults() { next_fault_handler = set_outside_fault_handler(take_fault); }
INIT(710, watch_faults);

std::string_view without_ending(std::string_view name) { return name.substr(0, name.rfind('.')); }

} // namespace

Process* running_process() {
    Thread& thread = Thread::current();
    return thread.on_switch_in == switched_in ? static_cast<Process*>(thread.owner) : nullptr;
}

Process* find_process(ProcessId id) {
    Process* process = process_table[id % kMostProcesses];
    bool found = process && process->id == id && process->state != Process::State::Ended;
    return found ? process : nullptr;
}

Process* find_process(std::string_view name) {
    for (Process* process : process_table)
        if (process && process->name == name && process->state != Process::State::Ended)
            return process;
    return nullptr;
}

std::expected<Process*, std::string_view> create_process(const BootModule& module,
                                                         Process* parent) {
    if (!paging_enabled())
        return std::unexpected("a process at CPL 3 needs paging, which this mode has not");
    auto program = TRY(read_elf(module.bytes(), kProcessBase, kProcessStackBottom - kPageSize));
    ProcessId id = new_id();
    if (!id) return std::unexpected("there are too many processes");
    auto space = AddressSpace::create(program);
    if (!space) return std::unexpected(name_of(space.error()));
    auto* process = new (std::nothrow) Process;
    if (!process) return std::unexpected(name_of(Error::NoMemory));
    process->id = id;
    process->name = without_ending(module.name);
    process->parent = parent;
    process->space.emplace(std::move(*space));
    process->entry = program.entry;
    process_table[id % kMostProcesses] = process;
    return process;
}

Result<void> start_process(Process& process) {
    process.thread = TRY(Thread::create(process.name, run, &process));
    process.thread->owner = &process;
    process.thread->on_switch_in = switched_in;
    process.state = Process::State::Running;
    process.thread->start();
    return {};
}

// Wherever it is: ready, waiting, or in the middle of a loop. Its thread goes first, and never comes back.
void kill_process(Process& process) {
    if (process.state != Process::State::Running) return;
    if (&process == running_process()) end_process(native::End::Killed, 0);
    // <lab2:kill>
    Thread::destroy(process.thread);
    process.thread = nullptr;
    process.end = native::End::Killed;
    finish(process);
    // </lab2:kill>
}

void reap_process(Process& process) {
    ASSERT(process.state != Process::State::Running);
    if (process.state == Process::State::Created) finish(process);
    if (process.thread) Thread::destroy(process.thread);
    process_table[process.id % kMostProcesses] = nullptr;
    delete &process;
}

void end_process(native::End end, std::int32_t status) {
    Process& process = *running_process();
    process.end = end;
    process.status = status;
    leave_outside();
}

Outcome wait_for_outcome(Process& self) {
    while (self.waiting != Process::Waiting::Nothing)
        block();
    return self.outcome;
}

Outcome wait_for_outcome(Process& self, Process& next) {
    hand_over(*next.thread);
    return wait_for_outcome(self);
}

void complete(Process& process, Outcome outcome, Wake wake) {
    process.outcome = outcome;
    process.waiting = Process::Waiting::Nothing;
    process.partner = nullptr;
    if (wake == Wake::Yes) process.thread->wake();
}

void on_process_end(void (*hear)(Process& process)) { hear_end = hear; }

} // namespace singlet::kern
