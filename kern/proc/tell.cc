// The tables of facts.hh, where nobody needs the shell: in the monitor and at the end of a panic.
#include "kern/boot/init.hh"
#include "kern/cpu/exit.hh"
#include "kern/cpu/monitor.hh"
#include "kern/proc/facts.hh"
#include "kern/proc/sip.hh"

namespace singlet::kern {

namespace {

template <Facts which>
void tell(const TrapFrame&) {
    print_facts(which, console());
}
MONITOR(sips, tell<Facts::Sips>, "the SIPs, and what each has");
MONITOR(threads, tell<Facts::Threads>, "the threads");
MONITOR(exheap, tell<Facts::ExchangeHeap>, "who owns what in the exchange heap");
MONITOR(channels, tell<Facts::Channels>, "the channels between SIPs");
MONITOR(domains, tell<Facts::Domains>, "the protection domains");
MONITOR(memory, tell<Facts::Memory>, "how much of it is free");
MONITOR(frag, tell<Facts::Fragmentation>, "how the free memory is broken up");

// A SIP may have been on its way into the kernel, or have nothing to do with it.
void tell_who_ran() {
    const Sip* sip = running_sip;
    if (!sip) return print("no SIP has run\n");
    bool runs = Thread::current().owner == sip;
    print("sip {} ran{}\n", sip->name, runs ? "" : " last; this is a thread of the kernel's");
    print_facts(Facts::Sips, console());
}

void start_telling() { on_panic(tell_who_ran); }
INIT(720, start_telling);

} // namespace

} // namespace singlet::kern
