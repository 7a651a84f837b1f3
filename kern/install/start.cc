// From boot modules to running SIPs and to the end of the machine. `run=a,b,c` starts a.sbc, b.sbc
// and c.sbc in this order (without it: every module that ends in .sbc); when the last has ended, the
// others are stopped, everything is counted, and the machine ends with Success if the last ended
// with status 0. A module that is refused is said to be so, and the rest goes on.
#include "kern/boot/init.hh"
#include "kern/boot/multiboot.hh"
#include "kern/boot/options.hh"
#include "kern/cpu/exit.hh"
#include "kern/install/accounts.hh"
#include "kern/install/grants.hh"
#include "kern/proc/policy.hh"
#include "kern/proc/sip.hh"
#include <map>

namespace singlet::kern {

namespace {

constinit bool verbose = false;
bool set_verbose(std::string_view value) { return verbose = value == "1", value.size() == 1; }
OPTION(verbose, set_verbose, "0 or 1");

constinit Thread* starter = nullptr; // the thread that waits for SIPs to end
constinit Sip* client = nullptr;
constinit bool stuck = false;

std::vector<std::unique_ptr<Domain>>& domains() {
    static auto& list = *new std::vector<std::unique_ptr<Domain>>;
    return list;
}

Domain* domain_for(const Placement& placement) {
    for (auto& domain : domains())
        if (domain->name() == placement.domain && domain->level() == placement.level)
            return domain.get();
    auto made =
        Domain::create(placement.domain, placement.level, mode_has_paging(options().protect));
    if (!made) return nullptr;
    domains().push_back(std::move(*made));
    return domains().back().get();
}

// The name of a module in run=, with or without its ending.
const BootModule* program_module(std::string_view name) {
    const BootModule* module = find_module(name);
    return module ? module : find_module(std::string(name) + ".sbc");
}

SipResult<void> grant_all(Sip& sip) {
    for (const auto& resource : sip.image->program->module().manifest.resources)
        sip.parameters.push_back(TRY(grant(sip, resource)));
    return {};
}

// Installs and starts one; null when it was refused, which has been said then.
Sip* start_module(const BootModule& module, bool is_client) {
    auto refused = [&](const std::string& why) {
        print("install {}: refused: {}\n", module.name, why);
        return nullptr;
    };
    auto program = install(module.name, module.bytes());
    if (!program) return refused(program.error().sentence);
    std::string name = (*program)->module().manifest.sip;
    Domain* domain = domain_for(place(name, is_client));
    if (!domain) return refused("no memory left for its domain");
    auto image = image_for(*program, domain->level(), options().protect != Protect::NoChecks);
    if (!image) return refused(image.error().sentence);
    auto created = create_sip(std::move(name), std::move(*image), *domain);
    if (!created) return refused(created.error().sentence);
    auto started = grant_all(**created);
    if (started) started = start_sip(**created);
    if (started) return *created;
    reap_sip(**created);
    return refused(started.error().sentence);
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

void reap_ended() {
    const SipList& list = all_sips();
    for (Sip *sip = list.first(), *next; sip; sip = next) {
        next = list.next(*sip);
        if (sip->state != Sip::State::Ended || sip == client) continue;
        reap_sip(*sip);
    }
    std::erase_if(domains(), [](auto& domain) { return domain->sips == 0; });
}

void sip_ended(Sip& sip) {
    if (sip.reason == rt::TrapReason::None && (verbose || sip.status))
        print("sip {}: exit {}\n", sip.name, sip.status);
    starter->wake();
}

// Called when no thread can run: it can only go on if an interrupt wakes somebody.
void nothing_to_do() {
    if (stuck || !starter || starter->state() != Thread::State::Blocked) return;
    for (Sip* sip = all_sips().first(); sip; sip = all_sips().next(*sip))
        if (sip->waits_for_irq) return;
    stuck = true;
    starter->wake();
}

void wait_for_client() {
    while (client->state != Sip::State::Ended) {
        if (stuck) {
            print("singlet: every SIP waits for another, and none can go on:");
            for (Sip* sip = all_sips().first(); sip; sip = all_sips().next(*sip))
                print(" {}", sip->name);
            print("\n");
            exit_machine(ExitStatus::Failure);
        }
        block();
        reap_ended();
    }
}

void stop_all() {
    for (Sip* sip = all_sips().first(); sip; sip = all_sips().next(*sip))
        kill_sip(*sip);
    client = nullptr;
    reap_ended();
}

void run_sips() {
    if (!options().test.empty()) return;
    auto modules = modules_to_run();
    if (modules.empty()) return;
    read_policy();
    if (mode_has_paging(options().protect)) start_paging();
    starter = &Thread::current();
    starter->on_switch_in = [](Thread&) { enter_kernel_domain(); };
    on_sip_end(sip_ended);
    on_idle(nothing_to_do);
    Holdings before = holdings();
    bool all_started = true;
    for (const BootModule* module : modules) {
        Sip* sip = start_module(*module, module == modules.back());
        if (sip) client = sip;
        all_started = sip != nullptr;
    }
    if (!client) fail("no SIP could be started");
    wait_for_client();
    bool good = client->reason == rt::TrapReason::None && client->status == 0 && all_started;
    stop_all();
    bool whole = print_leaks(before, holdings());
    exit_machine(good && whole ? ExitStatus::Success : ExitStatus::Failure);
}
INIT(790, run_sips);

} // namespace

} // namespace singlet::kern
