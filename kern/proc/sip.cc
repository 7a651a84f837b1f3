#include "kern/proc/sip.hh"

#include "kern/boot/init.hh"
#include "kern/cpu/trap.hh"
#include "kern/dev/console.hh"
// <since lab6>
#include "kern/install/grants.hh"
// </since>
#include "kern/proc/ends.hh"
#include "kern/proc/sip_memory.hh"
#include "lib/core/assert.hh"
#include <algorithm>

namespace singlet::kern {

constinit Sip* running_sip = nullptr;

namespace {

constinit SipList sips;
constinit std::uint32_t sips_made = 0;
constinit void (*hear_end)(Sip&) = nullptr;

// After each switch to the SIP's thread.
void switched_in(Thread& thread) {
    Sip& sip = *static_cast<Sip*>(thread.owner);
    running_sip = &sip;
    // <since lab7>
    sip.domain->enter();
    // </since>
    write_now(sip);
    // <since lab7>
    if (sip.level != Level::User) return;
    open_ports(sip.grants.ports);
    enter_kernel_by(entry_of(sip.image->binding));
    // </since>
}

// <since lab7>
bool image_is_shared(const Sip& sip) {
    for (const Sip& other : sips) {
        if (&other != &sip && other.domain == sip.domain && other.image == sip.image &&
            other.state != Sip::State::Ended)
            return true;
    }
    return false;
}

void leave_domain(Sip& sip) {
    if (!image_is_shared(sip)) {
        sip.domain->unmap(sip.image->code);
        sip.domain->unmap(sip.image->data);
    }
    sip.domain->sips--;
}
// </since>

// Gives everything back but the Sip and its thread, which may be running.
void release(Sip& sip) {
    // <since lab6>
    close_ports(sip.grants.ports);
    revoke_grants(sip);
    // </since>
    // <since lab5>
    if (sip.account) exchange_heap().close_account(sip);
    // </since>
    // <since lab7>
    leave_domain(sip);
    // </since>
    sip.pages.close();
}

void report(const Sip& sip) {
    if (sip.reason == rt::TrapReason::None || sip.reason == rt::TrapReason::Killed ||
        sip.reason == rt::TrapReason::ProcessorFault)
        return; // a fault was reported when it came
    print("sip {}: trapped {}", sip.name, name_of(sip.reason));
    if (sip.reason == rt::TrapReason::Explicit) print(" {}", sip.trap_number);
    print(" at ");
    print_place(sip, sip.trap_address, Place::ReturnAddress);
    print("\n");
}

void end(Sip& sip) {
    report(sip);
    release(sip);
    // <since lab6>
    sip.threads.reset(); // not before: what release() closes may wake some
    // </since>
    sip.state = Sip::State::Ended;
    remember_end(sip);
    if (hear_end) hear_end(sip);
}

void run(void* argument) {
    Sip& sip = *static_cast<Sip*>(argument);
    enter_sip(sip);
    // <since lab6 = end(sip);>
    end_thread(sip);
    // </since>
}

// Called for what the processor finds wrong outside of the kernel.
bool take_fault(TrapFrame& frame) {
    Sip* sip = running_sip;
    if (!sip || Thread::current().owner != sip) return false;
    print("sip {}: ", sip->name);
    print_exception(frame);
    print(" at ");
    print_place(*sip, frame.eip, Place::Instruction);
    print("\n");
    sip->reason = rt::TrapReason::ProcessorFault;
    leave_outside();
}

void watch_faults() { set_outside_fault_handler(take_fault); }
INIT(700, watch_faults);

SipError no_memory(const std::string& name) { return {name + ": no memory left to start it"}; }

} // namespace

// <since lab7 = SipResult<Sip*> create_sip(std::string name, ImageRef image) {>
SipResult<Sip*> create_sip(std::string name, ImageRef image, Domain& domain) {
    // </since>
    auto sip = std::make_unique<Sip>();
    const verifier::Manifest& manifest = image->program->module().manifest;
    sip->number = ++sips_made;
    sip->name = std::move(name);
    sip->image = std::move(image);
    // <since lab7 = bool good = allocate_memory(*sip, manifest.memory_pages).has_value();>
    sip->level = domain.level();
    sip->believed = sip->level == Level::Kernel;
    sip->region = domain.region();
    sip->domain = &domain;
    sip->pages.live_in(domain);
    domain.sips++;
    bool good = allocate_memory(*sip, manifest.memory_pages) &&
                domain.map(sip->image->code, Writable::No) &&
                domain.map(sip->image->data, Writable::No);
    // </since>
    // <since lab5>
    std::uint32_t quota = manifest.exchange_pages ? manifest.exchange_pages : kDefaultExchangePages;
    quota = std::min(quota, kMaximumRam / kPageSize);
    good = good && exchange_heap().open_account(*sip, quota * kPageSize);
    // </since>
    if (!good) {
        release(*sip);
        return std::unexpected(no_memory(sip->name));
    }
    sips.push_back(*sip);
    return sip.release();
}

SipResult<void> start_sip(Sip& sip) {
    auto thread = Thread::create(sip.name, run, &sip);
    if (!thread) return std::unexpected(no_memory(sip.name));
    sip.thread = *thread;
    sip.thread->owner = &sip;
    sip.thread->on_switch_in = switched_in;
    sip.state = Sip::State::Running;
    sip.thread->start();
    return {};
}

void kill_sip(Sip& sip) {
    // <lab4:end sip, end>
    if (sip.state != Sip::State::Running) return;
    sip.reason = rt::TrapReason::Killed;
    if (&sip == running_sip && Thread::current().owner == &sip) leave_outside();
    end(sip);
    Thread::destroy(sip.thread); // not before: what end() closes may wake it
    sip.thread = nullptr;
    // </lab4:end>
}

void reap_sip(Sip& sip) {
    if (sip.state == Sip::State::Created) release(sip);
    if (sip.thread) Thread::destroy(sip.thread);
    if (running_sip == &sip) running_sip = nullptr;
    sip.link.unlink();
    delete &sip;
}

void trap_sip(rt::TrapReason reason, std::uint32_t number, const Word* arguments) {
    trap_sip_at(reason, number, arguments[-1]);
}

void trap_sip_at(rt::TrapReason reason, std::uint32_t number, Word address) {
    // <lab4:end reason, number, address>
    running_sip->reason = reason;
    running_sip->trap_number = number;
    running_sip->trap_address = address;
    leave_outside();
    // </lab4:end>
}

void exit_sip(std::int32_t status) {
    // <lab4:end status>
    running_sip->status = status;
    running_sip->exited = true;
    leave_outside();
    // </lab4:end>
}

// <since lab6>
void end_thread(Sip& sip) {
    if (!sip.threads || !sip.threads->end_one()) end(sip);
}

void enter_sip_thread(Thread& thread) { switched_in(thread); }
// </since>

const SipList& all_sips() { return sips; }
void on_sip_end(void (*hear)(Sip& sip)) { hear_end = hear; }

// <since lab5>
// What kern/ipc knows of threads.
void wake(Thread& thread) { thread.wake(); }
// </since>

// <since lab6>
void wait(Party&, Party* peer) {
    Thread* next = peer ? peer->thread : nullptr;
    if (next)
        block_for(*next);
    else
        block();
}
// </since>

} // namespace singlet::kern
