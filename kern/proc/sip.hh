// A software-isolated process: an image's sealed code, memory of its own, and a thread.
// <since lab5>
// Besides, it owns things in the exchange heap.
// </since>
// <since lab6>
// What its manifest asked for it was granted. It may start more threads, which take turns [sip_threads.hh].
// </since>
//
//            start             exit, trap, fault, kill
//   Created ------> Running -----------------------> Ended  (everything given back; then reaped)
//
// A SIP's memory [sip_pages.hh] begins with a few pages that the kernel lays out [sip_memory.cc]. All
// others, for stack segments and the collected heap, its run-time asks for when it needs them.
#pragma once
#include "kern/install/image.hh"
// <since lab5>
#include "kern/ipc/exchange_heap.hh"
// </since>
// <since lab6>
#include "kern/ipc/channel.hh"
#include "kern/proc/io_permission.hh"
// </since>
// <since lab7>
#include "kern/proc/domain.hh"
// </since>
#include "kern/proc/sip_pages.hh"
#include "kern/proc/sip_stack.hh"
// <since lab6>
#include "kern/proc/sip_threads.hh"
// </since>
#include "kern/proc/thread.hh"
#include <string>
#include <vector>

namespace singlet::kern {

// <since lab6>
struct Grants {
    Ports ports;
    std::uint32_t irqs = 0; // bit n: line n
    std::uint32_t dmas = 0; // bit n: DMA object n
    bool processes = false; // [install/processes.hh]
};

/// Who starts a SIP. The client is the last of run=.
enum class Starter : std::uint8_t { Boot, BootClient, Sip };
// </since>

// <since lab5 = struct Sip {>
struct Sip : Party {
    // </since>
    enum class State : std::uint8_t { Created, Running, Ended };

    std::uint32_t number = 0; // of all SIPs since the start, from 1
    std::string name;         // under which it was started
    State state = State::Created;
    rt::TrapReason reason = rt::TrapReason::None; // why it ended; None: by itself
    std::int32_t status = 0;                      // of its exit
    bool exited = false;                          // by the kernel call
    std::uint32_t trap_number = 0;
    Word trap_address = 0;

    ImageRef image;
    // <since lab5 = Thread* thread = nullptr;>
    // </since>
    SipStack stack; // of its thread
    // <since lab6>
    std::unique_ptr<SipThreads> threads; // as soon as it starts another one
    // </since>
    SipPages pages;
    Word control = 0;             // rt::SipControl
    std::vector<Word> parameters; // of the entry function
    ListLink link;
    // <since lab6>
    Starter starter = Starter::Boot;
    Grants grants;
    std::vector<bool> given;      // those parameters that its creator put there
    const Sip* creator = nullptr; // the SIP that is about to start it
    // </since>
    // <since lab7>
    Domain* domain = nullptr;
    Level level = Level::Kernel;
    Word result = 0; // of its code, at CPL 3
    // </since>

    /// Do all bytes belong to the SIP's own memory?
    bool in_memory(Word address, std::uint32_t size) const { return pages.hold(address, size); }
};
using SipList = List<Sip, &Sip::link>;

/// The SIP whose thread runs; kernel functions that SIPs call may rely on it.
extern Sip* running_sip;

struct SipError {
    std::string sentence;
    // <since lab6>
    bool may_pass = false; // another SIP that starts may remove the reason
    // </since>
};
template <class T>
using SipResult = std::expected<T, SipError>;

/// A SIP that is not yet started. `name` is for messages.
// <since lab7 = SipResult<Sip*> create_sip(std::string name, ImageRef image);>
SipResult<Sip*> create_sip(std::string name, ImageRef image, Domain& domain);
// </since>
/// Starts its thread. Error: no memory for one; the SIP is still Created.
SipResult<void> start_sip(Sip& sip);
/// Ends another SIP from outside, wherever it is.
void kill_sip(Sip& sip);
/// Frees what is left of a SIP that is Created or Ended.
void reap_sip(Sip& sip);

/// Ends the running SIP. `arguments` is what the kernel function that found it was called with.
[[noreturn]] void trap_sip(rt::TrapReason reason, std::uint32_t number, const Word* arguments);
[[noreturn]] void trap_sip_at(rt::TrapReason reason, std::uint32_t number, Word address);
[[noreturn]] void exit_sip(std::int32_t status);
// <since lab6>
/// The running thread's code has returned: it ends, and with the last one the SIP.
void end_thread(Sip& sip);
/// Loads what belongs to the SIP's thread that runs, after each switch to it.
void enter_sip_thread(Thread& thread);
// </since>

const SipList& all_sips();
/// Called, when set, as each SIP ends, after it gave everything back.
void on_sip_end(void (*hear)(Sip& sip));

/// "main+0x1c (hello.sing:12)", in the image of `sip`, or in the kernel or the run-time. A return
/// address lies behind its call, which may be the last instruction of its function.
enum class Place : bool { Instruction, ReturnAddress };
void print_place(const Image& image, Word address, Place place);
inline void print_place(const Sip& sip, Word address, Place place) {
    print_place(*sip.image, address, place);
}

std::string_view name_of(rt::TrapReason reason);

// <since lab5>
// The machine's one exchange heap [exchange.cc].
union ExchangeHeapStorage {
    constexpr ExchangeHeapStorage() : none() {}
    ~ExchangeHeapStorage() {}
    char none;
    ExchangeHeap heap;
};
extern ExchangeHeapStorage exchange_heap_storage;
inline ExchangeHeap& exchange_heap() { return exchange_heap_storage.heap; }
// </since>

} // namespace singlet::kern
