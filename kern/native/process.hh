// A C++ process: a program that nobody verified, at CPL 3 in an address space of its own, with one
// thread. What it may do is what page tables and the system calls let it, and a driver the I/O permission
// bitmap.
//
//             start                exit, fault, bad call, kill
//   Created --------> Running -----------------------------------> Ended (all given back but its
//                                                                  number, until somebody reaps it)
//
// Needs paging: without it there is nothing that would hold a process back.
#pragma once
#include "kern/boot/multiboot.hh"
#include "kern/native/abi.hh"
#include "kern/native/address_space.hh"
// <since lab6>
#include "kern/proc/io_permission.hh"
// </since>
#include "kern/proc/thread.hh"
#include <optional>
#include <string_view>

namespace singlet::kern {

using ProcessId = std::uint32_t; // never used twice; 0 is nobody

// What a system call gives back: EAX and EDX.
struct Outcome {
    std::int32_t value = 0;
    std::uint32_t extra = 0;
};

struct Process {
    enum class State : std::uint8_t { Created, Running, Ended };
    enum class Waiting : std::uint8_t {
        Nothing,
        Receiver, // for `partner` to receive its request
        Reply,    // for `partner` to reply
        Sender,   // for anybody's request
        Child,    // for `partner` to end
    };

    ProcessId id = 0;
    std::string_view name; // of its module, without ending
    State state = State::Created;
    native::End end = native::End::Exit;
    std::int32_t status = 0;
    Process* parent = nullptr; // with which it ends; null: started at boot, or to be reaped

    std::optional<AddressSpace> space; // until it ends
    std::uint32_t entry = 0;
    Thread* thread = nullptr;

    // What it waits for [rendezvous.hh].
    Waiting waiting = Waiting::Nothing;
    Process* partner = nullptr;
    UserRange request, buffer; // what it sends; where what it gets goes to
    Outcome outcome;           // of the system call in which it waits
    ListLink caller_link;
    List<Process, &Process::caller_link> callers; // that wait for this one to receive
    // <since lab6>

    // What it drives [devices.cc].
    Ports ports;
    std::uint32_t devices = 0; // bit n: device n
    // </since>
};

inline constexpr std::uint32_t kMostProcesses = 64;

/// The process of the running thread; null when it is another's.
Process* running_process();
/// The one with that number, if it has not ended.
Process* find_process(ProcessId id);
/// The first that runs the program `name`.
Process* find_process(std::string_view name);
/// Calls `each` with every process, ended ones as well; it may reap the one it gets.
extern Process* process_table[kMostProcesses];
template <class F>
void for_each_process(F each) {
    for (Process* process : process_table)
        if (process) each(*process);
}

/// A process from a boot module. Error: a sentence that says why there is none.
std::expected<Process*, std::string_view> create_process(const BootModule& module, Process* parent);
/// Error: no memory for its thread; it is still Created.
Result<void> start_process(Process& process);
/// Ends another process, wherever it is.
void kill_process(Process& process);
/// Frees what is left of one that is Created or Ended.
void reap_process(Process& process);

/// Ends the running process.
[[noreturn]] void end_process(native::End end, std::int32_t status);
/// Takes the running process off the processor until complete() is called with it: that is its outcome.
Outcome wait_for_outcome(Process& self);
/// The same, and the processor goes straight to `next`.
Outcome wait_for_outcome(Process& self, Process& next);
/// Ends a wait. The process is Ready then, unless the caller hands over to it.
enum class Wake : bool { No, Yes };
void complete(Process& process, Outcome outcome, Wake wake = Wake::Yes);

/// Called, when set, as each process ends, after it gave everything back.
void on_process_end(void (*hear)(Process& process));

} // namespace singlet::kern
