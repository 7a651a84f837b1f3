// Nothing leaks, counted: the boot modules as SIPs, over and over. In each round every module is
// installed, started, waited for and reaped, one after the other, however it ends; those with the
// argument "stays" run from the round's start and are killed at its end, and those with "good" must
// exit with 0. What is in use must be the same after all rounds as after the first, down to the
// blocks of the kernel heap.
#include "kern/boot/multiboot.hh"
#include "kern/boot/options.hh"
#include "kern/boot/test.hh"
#include "kern/dev/console.hh"
#include "kern/install/accounts.hh"
#include "kern/install/grants.hh"
#include "kern/mem/heap.hh"
#include "kern/proc/policy.hh"
#include <memory>
#include <vector>

namespace singlet::kern {

namespace {

constexpr int kRounds = 40;
constinit Thread* waiting = nullptr;

class Running {
public:
    explicit Running(const BootModule& module) {
        auto program = install(module.name, module.bytes());
        CHECK(program.has_value());
        const std::string& name = (*program)->module().manifest.sip;
        Placement placement = place(name, false);
        domain_ = *Domain::create(name, placement.level(), mode_has_paging(options().protect),
                                  placement.heap.empty() ? Ref<DomainHeap>{}
                                                         : *DomainHeap::create(placement.heap));
        auto image = image_for(*program, placement.binding, mode_has_checks(options().protect));
        CHECK(image.has_value());
        sip_ = *create_sip(name, std::move(*image), *domain_);
        for (const auto& resource : (*program)->module().manifest.resources) {
            auto granted = grant(*sip_, resource);
            if (!granted) print("{}\n", granted.error().sentence);
            CHECK(granted.has_value());
            sip_->parameters.push_back(*granted);
        }
        CHECK(start_sip(*sip_).has_value());
    }
    ~Running() {
        kill_sip(*sip_);
        reap_sip(*sip_);
    }
    void wait(bool good) const {
        while (sip_->state != Sip::State::Ended)
            block(); // idle, so that interrupts come
        CHECK(!good || (sip_->reason == rt::TrapReason::None && sip_->status == 0));
    }

private:
    std::unique_ptr<Domain> domain_;
    Sip* sip_;
};

void run_round() {
    std::vector<std::unique_ptr<Running>> stay;
    for (const BootModule& module : boot_info().modules) {
        if (module.arguments == "stays")
            stay.push_back(std::make_unique<Running>(module));
        else
            Running(module).wait(module.arguments == "good");
    }
}

} // namespace

KERNEL_TEST(rounds) {
    if (mode_has_paging(options().protect)) start_paging();
    Thread::current().on_switch_in = [](Thread&) { enter_kernel_domain(); };
    waiting = &Thread::current();
    on_sip_end([](Sip&) { waiting->wake(); });
    run_round();
    Holdings before = holdings();
    std::uint32_t blocks = heap::counts().blocks;
    for (int round = 0; round < kRounds; round++)
        run_round();
    CHECK(print_leaks(before, holdings()));
    CHECK(heap::counts().blocks == blocks);
}

} // namespace singlet::kern
