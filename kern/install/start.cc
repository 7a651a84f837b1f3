// From boot modules to running SIPs and to the end of the machine. `run=a,b,c` starts a.sbc, b.sbc
// and c.sbc in this order (without it: every module that ends in .sbc), x.elf among them as a C++
// process [kern/native/run.hh]; when the last has ended, the
// others are stopped, everything is counted, and the machine ends with Success if the last ended
// with status 0. A module that is refused is said to be so, and the rest goes on.
// <since lab6>
// One that needs another's service is started after it, whatever the order.
// </since>
#include "kern/boot/init.hh"
#include "kern/boot/multiboot.hh"
#include "kern/boot/options.hh"
#include "kern/boot/test.hh"
#include "kern/cpu/exit.hh"
// <since lab6>
#include "kern/dev/irq_line.hh"
// </since>
#include "kern/install/accounts.hh"
// <since lab6>
#include "kern/install/installer.hh"
// </since>
#include "kern/install/launch.hh"
#include "kern/native/run.hh"
#include "kern/proc/kernel_domain.hh"
// <since lab7>
#include "kern/proc/policy.hh"
// </since>
#include "kern/proc/sip.hh"
#include <span>
#include <utility>
#include <vector>

namespace singlet::kern {

namespace {

constinit bool verbose = false;
bool set_verbose(std::string_view value) { return verbose = value == "1", value.size() == 1; }
OPTION(verbose, set_verbose, "0 or 1");

constinit Thread* starter = nullptr; // the thread that waits for SIPs to end
constinit Sip* client = nullptr;     // the last of run=, or
constinit Process* client_process = nullptr;
constinit bool stuck = false;

// The name of a module in run=, with or without its ending.
const BootModule* program_module(std::string_view name) {
    const BootModule* module = find_module(name);
    return module ? module : find_module(std::string(name) + ".sbc");
}

// What a SIP from a module is called: "ide" for ide.sbc.
std::string started_name(const BootModule& module) {
    std::string_view name = module.name;
    if (name.ends_with(".sbc")) name.remove_suffix(4);
    return std::string(name);
}

// A module on its way to a running SIP.
struct Candidate {
    const BootModule* module;
    bool is_client;
    ProgramRef program = {};
    Sip* sip = nullptr;
    bool refused = false;

    bool waits() const { return !sip && !refused; }
    void refuse(const std::string& why) {
        print("install {}: refused: {}\n", module->name, why);
        record("refuse", module->name);
        refused = true;
    }
};

// A module that is started twice is installed once: its instances share the image.
ProgramRef installed_before(std::span<const Candidate> before, const BootModule* module) {
    for (const Candidate& candidate : before)
        if (candidate.module == module) return candidate.program;
    return {};
}

void install_candidate(Candidate& candidate, std::span<const Candidate> before) {
    candidate.program = installed_before(before, candidate.module);
    if (candidate.program) return;
    auto program = install(candidate.module->name, candidate.module->bytes());
    if (program)
        candidate.program = *program;
    else
        candidate.refuse(program.error().sentence);
}

SipResult<Sip*> try_to_start(const Candidate& candidate) {
    // <since lab6 = Sip* sip = TRY(create_instance(candidate.program, started_name(*candidate.module)));>
    Starter starter = candidate.is_client ? Starter::BootClient : Starter::Boot;
    Sip* sip = TRY(create_instance(candidate.program, started_name(*candidate.module), starter));
    // </since>
    auto started = start_instance(*sip);
    if (started) return sip;
    reap_sip(*sip);
    return std::unexpected(started.error());
}

// <since lab6>
// In the order given, but who needs another goes after it. What may still change is no reason to
// refuse anybody.
void start_patiently(std::vector<Candidate>& candidates) {
    bool progress = true;
    while (std::exchange(progress, false)) {
        for (Candidate& candidate : candidates) {
            if (!candidate.waits()) continue;
            auto started = try_to_start(candidate);
            progress |= started.has_value();
            if (started)
                candidate.sip = *started;
            else if (!started.error().may_pass)
                candidate.refuse(started.error().sentence);
        }
    }
}
// </since>

void start_all(std::vector<Candidate>& candidates) {
    for (Candidate& candidate : candidates)
        install_candidate(candidate, {candidates.data(), &candidate});
    // <since lab6>
    start_patiently(candidates);
    // </since>
    for (Candidate& candidate : candidates) {
        if (!candidate.waits()) continue;
        auto started = try_to_start(candidate);
        if (started)
            candidate.sip = *started;
        else
            candidate.refuse(started.error().sentence);
    }
}

std::vector<const BootModule*> modules_to_run() {
    std::vector<const BootModule*> modules;
    for_each_piece(options().run, ',', [&](std::string_view name) {
        const BootModule* module = program_module(name);
        if (!module) fail("run={}: there is no boot module of that name", name);
        modules.push_back(module);
    });
    if (!options().run.empty()) return modules;
    for (const BootModule& module : boot_info().modules)
        if (module.name.ends_with(".sbc")) modules.push_back(&module);
    return modules;
}

void sip_ended(Sip& sip) {
    if (sip.reason == rt::TrapReason::None && (verbose || sip.status))
        print("sip {}: exit {}\n", sip.name, sip.status);
    starter->wake();
}

void process_ended(Process& process) {
    report_end(process);
    starter->wake();
}

// Called when no thread can run: it can only go on if an interrupt wakes somebody.
void nothing_to_do() {
    if (stuck || !starter || starter->state() != Thread::State::Blocked) return;
    // <since lab6>
    if (irq_is_awaited()) return;
    // </since>
    stuck = true;
    starter->wake();
}

bool client_has_ended() {
    return client_process ? client_process->state == Process::State::Ended
                          : client->state == Sip::State::Ended;
}

bool client_ended_well() {
    if (client_process)
        return client_process->end == native::End::Exit && client_process->status == 0;
    return client->reason == rt::TrapReason::None && client->status == 0;
}

void wait_for_client() {
    while (!client_has_ended()) {
        if (stuck) {
            print("singlet: every SIP waits for another, and none can go on:");
            for (const Sip& sip : all_sips())
                print(" {}", sip.name);
            for_each_process([](Process& process) { print(" {}", process.name); });
            print("\n");
            exit_machine(ExitStatus::Failure);
        }
        block();
        reap_ended(client);
        reap_processes(client_process);
    }
}

void stop_all() {
    for (Sip& sip : all_sips())
        kill_sip(sip);
    stop_processes();
    // <since lab6>
    finish_installing();
    // </since>
    client = nullptr;
    client_process = nullptr;
    reap_ended(nullptr);
    reap_processes(nullptr);
}

// Starts the C++ processes among the modules, and leaves the SIPs. False: it was the last, which could
// not be started.
bool start_processes(std::vector<const BootModule*>& modules) {
    const BootModule* last = modules.back();
    for (const BootModule* module : modules) {
        if (!is_process_module(module->name)) continue;
        Process* process = run_process(*module);
        if (module == last) client_process = process;
    }
    std::erase_if(modules, [](auto* module) { return is_process_module(module->name); });
    return client_process || !is_process_module(last->name);
}

void run_sips() {
    if (!options().test.empty()) return;
    auto modules = modules_to_run();
    if (modules.empty()) return;
    // <since lab7>
    read_policy();
    // </since>
    if (mode_has_paging(options().protect)) start_paging();
    record("begin", "run");
    starter = &Thread::current();
    starter->on_switch_in = [](Thread&) { enter_kernel_domain(); };
    on_sip_end(sip_ended);
    on_idle(nothing_to_do);
    on_process_end(process_ended);
    Holdings before = holdings();
    bool last_started = start_processes(modules);
    std::vector<Candidate> candidates;
    for (const BootModule* module : modules)
        candidates.push_back({module, module == modules.back()});
    start_all(candidates);
    for (const Candidate& candidate : candidates)
        if (candidate.sip) client = candidate.sip;
    last_started &= candidates.back().sip != nullptr;
    candidates.clear();
    if (!client) fail("no SIP could be started");
    wait_for_client();
    bool good = client_ended_well() && last_started;
    stop_all();
    bool whole = print_leaks(before, holdings());
    if (good && whole) record("end", "run");
    exit_machine(good && whole ? ExitStatus::Success : ExitStatus::Failure);
}
INIT(790, run_sips);

} // namespace

} // namespace singlet::kern
