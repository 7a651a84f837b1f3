// Death at any instruction, thousands of times. SIPs of all boot modules are started in a random
// order and killed from outside at random moments: each turn of the storm's thread ends a random
// time after the last, so a victim stands at any of its instructions, in the run-time's or in a call
// into the kernel. Modules with the argument "stays" work on all the while and must live to the end,
// when each module is started once more, with all that its manifest asks for, and one with "good"
// does its work. Then everything is counted, as it was after a first, small storm: frames, exchange
// blocks, endpoints, blocks of the kernel heap, threads. seed= chooses another storm.
#include "kern/boot/arguments.hh"
#include "kern/boot/multiboot.hh"
#include "kern/boot/options.hh"
#include "kern/boot/test.hh"
#include "kern/dev/console.hh"
#include "kern/dev/timer.hh"
#include "kern/install/accounts.hh"
#include "kern/install/launch.hh"
#include "kern/mem/heap.hh"
#include "kern/proc/ends.hh"
#include "kern/proc/policy.hh"
#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace singlet::kern {

namespace {

constexpr std::uint32_t kFirstKills = 50, kKills = 2000, kMostAlive = 8;

struct Module {
    std::string name;
    ProgramRef program;
    ImageRef image; // compiled once
    bool stays, good;
};

struct Random {
    std::uint32_t state;
    std::uint32_t below(std::uint32_t end) {
        state = state * 1664525 + 1013904223; // Numerical Recipes
        return static_cast<std::uint32_t>(std::uint64_t(state) * end >> 32);
    }
};

struct Count {
    std::uint32_t started = 0, killed = 0, ended = 0, refused = 0;
};

std::vector<Module> install_modules() {
    std::vector<Module> modules;
    for (const BootModule& file : boot_info().modules) {
        std::string name(file.name.substr(0, file.name.find('.')));
        auto program = install(file.name, file.bytes());
        CHECK(program.has_value());
        auto image = image_at_place(*program, name, Starter::Boot);
        CHECK(image.has_value());
        modules.push_back({std::move(name), *program, *image, file.arguments == "stays",
                           file.arguments == "good"});
    }
    return modules;
}

// Null: refused, as when another instance has the hardware.
Sip* start(const Module& module) {
    auto sip = create_instance(module.program, module.name, Starter::Boot);
    if (!sip) return nullptr;
    if (start_instance(**sip)) return *sip;
    reap_sip(**sip);
    return nullptr;
}

class Storm {
public:
    Storm(std::span<const Module> modules, Random& random) : modules_(modules), random_(random) {}

    Count run(std::uint32_t kills) {
        while (count_.killed < kills && !modules_.empty()) {
            reap();
            bool more = alive_.empty() || (alive_.size() < kMostAlive && random_.below(2));
            more ? start_one() : kill_one();
            timer::set_turn(1 + random_.below(timer::kWholeTurn / 16));
            yield();
        }
        for (Sip* sip : std::exchange(alive_, {}))
            kill(sip);
        timer::set_turn(timer::kWholeTurn);
        reap_ended(nullptr);
        return count_;
    }

private:
    void start_one() {
        const Module& module = modules_[random_.below(static_cast<std::uint32_t>(modules_.size()))];
        if (module.stays) return;
        Sip* sip = start(module);
        if (sip) alive_.push_back(sip);
        ++(sip ? count_.started : count_.refused);
    }
    void kill_one() {
        auto victim = alive_.begin() + random_.below(static_cast<std::uint32_t>(alive_.size()));
        kill(*victim);
        alive_.erase(victim);
    }
    void kill(Sip* sip) {
        if (sip->state == Sip::State::Ended) return void(count_.ended++);
        kill_sip(*sip);
        count_.killed++;
    }
    void reap() {
        std::erase_if(alive_, [&](Sip* sip) {
            bool over = sip->state == Sip::State::Ended;
            count_.ended += over;
            return over;
        });
        reap_ended(nullptr);
    }

    std::span<const Module> modules_;
    Random& random_;
    std::vector<Sip*> alive_;
    Count count_;
};

std::uint32_t threads() {
    std::uint32_t count = 0;
    Thread::for_each([&](const Thread&) { count++; });
    return count;
}

// Each can be started again, and is given what its manifest asks for.
void start_each_alone(std::span<const Module> modules) {
    for (const Module& module : modules) {
        if (module.stays) continue;
        Sip* sip = start(module);
        CHECK(sip);
        while (module.good && sip->state != Sip::State::Ended)
            yield();
        kill_sip(*sip);
        CHECK(!module.good || (sip->reason == rt::TrapReason::None && sip->status == 0));
        reap_ended(nullptr);
    }
}

// A storm over those that stay, after which nobody is left, and so no page table of theirs either.
Count storm(std::span<const Module> modules, Random& random, std::uint32_t kills) {
    std::vector<Sip*> stay;
    for (const Module& module : modules)
        if (module.stays) stay.push_back(start(module));
    Count count = Storm(modules, random).run(kills);
    start_each_alone(modules);
    for (Sip* sip : stay) {
        CHECK(sip && sip->state == Sip::State::Running);
        kill_sip(*sip);
    }
    reap_ended(nullptr);
    return count;
}

} // namespace

KERNEL_TEST(storm) {
    if (mode_has_paging(options().protect)) start_paging();
    Thread::current().on_switch_in = [](Thread&) { enter_kernel_domain(); };
    std::vector<Module> modules = install_modules();
    Random random{boot_argument(1)};
    storm(modules, random, kFirstKills);
    Holdings before = holdings();
    std::uint32_t blocks = heap::counts().blocks, threads_before = threads();
    Count count = storm(modules, random, kKills);
    print("storm: {} SIPs were started, {} killed, {} ended by themselves, {} refused\n",
          count.started, count.killed, count.ended, count.refused);
    print("storm: {} threads before, {} after; {} blocks of the kernel heap before, {} after\n",
          threads_before, threads(), blocks, heap::counts().blocks);
    CHECK(print_leaks(before, holdings()));
    CHECK(heap::counts().blocks == blocks && threads() == threads_before);
}

} // namespace singlet::kern
