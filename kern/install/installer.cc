#include "kern/install/installer.hh"

#include "kern/boot/init.hh"
#include "kern/boot/options.hh"
#include "kern/install/grants.hh"
#include "kern/install/launch.hh"
// <since lab7>
#include "kern/proc/policy.hh"
// </since>
#include "lib/core/assert.hh"
#include "lib/core/try.hh"

namespace singlet::kern {

namespace {

constexpr std::uint32_t kInstallerStack = 32768;
alignas(16) constinit std::uint8_t stack[kInstallerStack]{};
constexpr std::uint32_t kStackGuard = 0x1457a11e; // at the stack's far end

constinit List<Installation, &Installation::link> waiting{};
constinit Installation* current = nullptr;
constinit Thread* installer = nullptr;

bool checks() { return mode_has_checks(options().protect); }

// The long part, and where it leaves its result.
struct Work {
    Installation& job;
    Installed<ProgramRef> program = std::unexpected(Refusal{});
    Installed<verifier::NativeImage> native = std::unexpected(Refusal{});

    void run() {
        auto& file = static_cast<Block&>(*job.file);
        program = install(job.name, {file.data(), file.length});
        if (program) native = compile(**program, checks());
    }
};

Installed<void> conclude(Work& work) {
    Installation& job = work.job;
    ProgramRef program = TRY(std::move(work.program));
    auto native = TRY(std::move(work.native));
    auto good = check_manifest(program->verified, job.name, Starter::Sip, Services::Now);
    if (!good) return std::unexpected(Refusal{good.error().sentence});
    // <since lab7 = job.image = TRY(make_image(program, Binding::Call, checks(), std::move(native)));>
    job.image =
        TRY(make_image(program, place(job.name, false).binding, checks(), std::move(native)));
    // </since>
    job.program = std::move(program);
    return {};
}

void do_installation(Installation& job) {
    auto& guard = *reinterpret_cast<std::uint32_t*>(stack);
    guard = kStackGuard;
    Work work{job};
    run_outside([](void* argument) { static_cast<Work*>(argument)->run(); }, &work,
                stack + kInstallerStack);
    ASSERT(guard == kStackGuard);
    if (!job.requester) return; // it died while this went on
    auto concluded = conclude(work);
    if (!concluded) job.refusal = std::move(concluded.error().sentence);
}

void run_installer(void*) {
    for (;;) {
        while (!(current = waiting.pop_front()))
            block();
        do_installation(*current);
        Installation& job = *std::exchange(current, nullptr);
        job.done = true;
        if (job.requester)
            job.waiter->wake();
        else
            delete &job;
    }
}

void start_installer() {
    auto created = Thread::create("installer", run_installer, nullptr);
    ASSERT(created);
    installer = *created;
    // <since lab7>
    installer->on_switch_in = [](Thread&) { enter_kernel_domain(); };
    // </since>
}
INIT(620, start_installer);

} // namespace

Installation::~Installation() {
    link.unlink();
    exchange_heap().destroy(*file);
}

void begin_installation(Installation& installation) {
    waiting.push_back(installation);
    if (installer->state() == Thread::State::New)
        installer->start();
    else
        installer->wake();
}

void abandon_installation(Installation& installation) {
    if (&installation == current)
        installation.requester = nullptr;
    else
        delete &installation;
}

void finish_installing() {
    while (current || waiting.first())
        yield();
}

} // namespace singlet::kern
