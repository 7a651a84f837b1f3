// Protection is not assumed but tried: programs that no verifier would let through, put into images
// by hand, do their damage in a domain of their own. Each must fault and take nobody with it. What
// faults depends on the mode, so grade/test_sip.py runs this with every protect=.
#include "kern/abi/calls.hh"
#include "kern/boot/options.hh"
#include "kern/boot/test.hh"
#include "kern/dev/console.hh"
#include "kern/install/accounts.hh"
#include "kern/install/handmade.hh"
#include "kern/proc/policy.hh"
#include "kern/proc/sip.hh"
#include "lib/rt/kernel.hh"
#include <cstring>

namespace singlet::kern {

namespace {

#define PROGRAM(name, text)                                                                        \
    extern "C" const char name##_start[], name##_end[];                                            \
    asm(".pushsection .rodata\n" #name "_start:\n\t" text "\n" #name "_end:\n.popsection");        \
    [[maybe_unused]] const std::string_view name(name##_start, name##_end)

constexpr std::uint32_t kPlaceholder = 0x5a5a5a5a; // replaced by the address that is attacked
#define TARGET "0x5a5a5a5a"

PROGRAM(stray_write, "movl $0x600d, " TARGET "\n\tret");
PROGRAM(stray_read, "mov " TARGET ", %eax\n\tret");
PROGRAM(stray_own_code, "call 1f\n1:\tpop %eax\n\tmovl $1, (%eax)\n\tret");
PROGRAM(stray_jump, "mov $" TARGET ", %eax\n\tjmp *%eax");
PROGRAM(stray_divide, "xor %eax, %eax\n\txor %edx, %edx\n\tdiv %eax\n\tret");
PROGRAM(stray_undefined, "ud2");
PROGRAM(stray_segment, "mov $0xfff8, %eax\n\tmov %eax, %fs\n\tret");
PROGRAM(stray_cli, "cli\n\tret");
PROGRAM(stray_port, "in $0x21, %al\n\tret");
PROGRAM(stray_call_number, "mov $12345, %eax\n\tmov %esp, %edx\n\tint $0x80\n\tret");
PROGRAM(stray_call_stack, "mov $0, %eax\n\tmov $" TARGET ", %edx\n\tint $0x80\n\tret");
PROGRAM(stray_call_string,
        "push $" TARGET "\n\tmov $0, %eax\n\tmov %esp, %edx\n\tint $0x80\n\tret");
// Of arguments on its stack: a thread that begins in the kernel's code, and one with more words than there are.
PROGRAM(stray_start, "push $0\n\tpush $0\n\tpush $0x100000\n\tmov $" TARGET
                     ", %eax\n\tmov %esp, %edx\n\tint $0x80\n\tret");
PROGRAM(stray_start_words,
        "call 1f\n1:\tpop %ecx\n\tpush $0\n\tpush $0x7fffffff\n\tpush %ecx\n\tmov $" TARGET
        ", %eax\n\tmov %esp, %edx\n\tint $0x80\n\tret");
// No function's number, or arguments that begin in the last word of its memory.
PROGRAM(stray_call_beyond, "mov $" TARGET ", %eax\n\tmov %esp, %edx\n\tint $0x80\n\tret");
PROGRAM(stray_call_end,
        "mov $" TARGET ", %eax\n\tmov %esp, %edx\n\tor $0xffc, %edx\n\tint $0x80\n\tret");
// Returns 7, and leaves a direction flag that the kernel cannot use. Returns its parameter.
PROGRAM(good_direction, "std\n\tmov $7, %eax\n\tret");
PROGRAM(good_parameter, "mov 4(%esp), %eax\n\tret");
PROGRAM(good_spin, "mov $3000000, %ecx\n1:\tdec %ecx\n\tjnz 1b\n\tret");
// Calls a function that asks for a frame of 3000 words, writes to its far end and returns; and one
// that asks for more than there is.
#define ASKS_FOR(words)                                                                            \
    "call 1f\n\tret\n1:\tpush $" words "<<8\n\tmov $" TARGET                                       \
    ", %ecx\n\tcall *%ecx\n\tmovl $1, -4*" words "(%esp)\n\tret"
PROGRAM(tall_frame, ASKS_FOR("3000"));
PROGRAM(too_tall_frame, ASKS_FOR("3000000"));

ImageRef native_image(std::string_view program, Level level, std::uint32_t target) {
    ImageRef image(new Image);
    image->program = handmade::alibi();
    image->binding = level == Level::User ? default_trap() : Binding::Call;
    image->code = *Frames::allocate(Zone::Sip, 1, Zeroed::Yes);
    image->data = *Frames::allocate(Zone::Sip, 1, Zeroed::Yes);
    image->code_size = static_cast<std::uint32_t>(program.size());
    char* code = at<char>(image->code.start());
    std::memcpy(code, program.data(), program.size());
    for (std::size_t i = 0; i + 4 <= program.size(); i++)
        if (std::memcmp(code + i, &kPlaceholder, 4) == 0) std::memcpy(code + i, &target, 4);
    image->start = image->code.start().raw();
    seal(image->code);
    seal(image->data);
    return image;
}

struct Scene {
    Level level;
    std::unique_ptr<Domain> domain = make("offender"), other = make("bystander");

    explicit Scene(Level at) : level(at) {}
    std::unique_ptr<Domain> make(const char* name) {
        return *Domain::create(name, level, mode_has_paging(options().protect),
                               level == Level::User ? *DomainHeap::create(name)
                                                    : Ref<DomainHeap>{});
    }

    Sip& start(Domain& where, std::string_view program, std::uint32_t target) {
        auto sip = create_sip("stray", native_image(program, level, target), where);
        CHECK(sip.has_value());
        CHECK(start_sip(**sip).has_value());
        return **sip;
    }
    static void wait_for(Sip& sip) {
        while (sip.state != Sip::State::Ended)
            yield();
    }
    // Runs the program beside one that does nothing wrong; how did it end?
    rt::TrapReason fate(std::string_view program, std::uint32_t target = 0) {
        Sip& good = start(*other, good_spin, 0);
        Sip& bad = start(*domain, program, target);
        wait_for(bad);
        wait_for(good);
        CHECK(good.reason == rt::TrapReason::None);
        rt::TrapReason reason = bad.reason;
        reap_sip(bad);
        reap_sip(good);
        return reason;
    }
    bool faults(std::string_view program, std::uint32_t target = 0) {
        return fate(program, target) == rt::TrapReason::ProcessorFault;
    }
};

constinit std::uint32_t kernel_secret = 0x5ec7e7;

// What is wrong in any mode and at any level.
void try_instructions(Scene& scene) {
    CHECK(scene.faults(stray_divide));
    CHECK(scene.faults(stray_undefined));
    CHECK(scene.faults(stray_segment));
}

// A frame that is larger than a page lies in a segment of several.
void try_tall_frames(Scene& scene) {
    std::uint32_t more_stack = rt::helper_address(std::uint32_t(verifier::Helper::MoreStack));
    CHECK(scene.fate(tall_frame, more_stack) == rt::TrapReason::None);
    CHECK(scene.fate(too_tall_frame, more_stack) == rt::TrapReason::StackOverflow);
}

// What paging forbids at both levels.
void try_memory(Scene& scene) {
    CHECK(scene.faults(stray_own_code));
    CHECK(scene.faults(stray_write, 0));
    CHECK(scene.faults(stray_write, address_of(__kernel_start)));
    Sip& victim = scene.start(*scene.other, good_spin, 0);
    std::uint32_t address = victim.control + 64;
    std::uint32_t before = *pointer<std::uint32_t>(address);
    CHECK(scene.faults(stray_write, address));
    CHECK(scene.faults(stray_read, address));
    CHECK(*pointer<std::uint32_t>(address) == before);
    Scene::wait_for(victim);
    CHECK(victim.reason == rt::TrapReason::None);
    reap_sip(victim);
    // What is sealed is mapped for the neighbours in a domain, but not even CPL 0 writes it.
    Sip& neighbour = scene.start(*scene.domain, good_spin, 0);
    CHECK(scene.faults(stray_write, neighbour.image->code.start().raw()));
    CHECK(scene.faults(stray_write, neighbour.image->data.start().raw()));
    Scene::wait_for(neighbour);
    CHECK(neighbour.reason == rt::TrapReason::None);
    reap_sip(neighbour);
}

// What a lower level forbids.
void try_privilege(Scene& scene) {
    CHECK(scene.faults(stray_write, address_of(&kernel_secret)));
    CHECK(scene.faults(stray_read, address_of(&kernel_secret)));
    CHECK(scene.faults(stray_jump, address_of(__kernel_start)));
    CHECK(scene.faults(stray_cli));
    CHECK(scene.faults(stray_port));
    CHECK(scene.faults(stray_call_number));
    CHECK(scene.faults(stray_call_stack, address_of(&kernel_secret)));
    CHECK(scene.faults(stray_call_string, address_of(__kernel_start)));
    CHECK(scene.faults(stray_call_string, 0xfffffff0));
    constexpr Word kStart = kFirstService + Word(verifier::Service::Start);
    CHECK(scene.faults(stray_start, kStart));
    CHECK(scene.faults(stray_start_words, kStart));
    CHECK(kernel_secret == 0x5ec7e7);
}

} // namespace

// What lab 7 builds, a piece at a time; domains without a heap are enough for it.
KERNEL_TEST(ring3_enter) {
    start_paging();
    Thread::current().on_switch_in = [](Thread&) { enter_kernel_domain(); };
    auto domain = *Domain::create("alone", Level::User, true, {});
    Scene scene(Level::Kernel); // for start and wait
    scene.level = Level::User;
    auto ends_by_fault = [&](std::string_view program, std::uint32_t target) {
        Sip& sip = scene.start(*domain, program, target);
        Scene::wait_for(sip);
        const bool faulted = sip.reason == rt::TrapReason::ProcessorFault;
        reap_sip(sip);
        return faulted;
    };
    CHECK(ends_by_fault(stray_cli, 0)); // at CPL 0 it is none
    CHECK(ends_by_fault(stray_port, 0));
    CHECK(ends_by_fault(stray_read, address_of(&kernel_secret)));
    CHECK(ends_by_fault(stray_write, address_of(&kernel_secret)));
    CHECK(kernel_secret == 0x5ec7e7);
}

KERNEL_TEST(ring3_call) {
    start_paging();
    Thread::current().on_switch_in = [](Thread&) { enter_kernel_domain(); };
    auto domain = *Domain::create("alone", Level::User, true, {});
    Scene scene(Level::Kernel);
    scene.level = Level::User;
    for (int i = 0; i < 3; i++) { // returns, and tells the kernel so
        Sip& sip = scene.start(*domain, good_spin, 0);
        Scene::wait_for(sip);
        CHECK(sip.reason == rt::TrapReason::None && sip.status == 0);
        reap_sip(sip);
    }
    for (std::string_view program : {good_direction, good_parameter}) {
        Sip& sip = scene.start(*domain, program, 0);
        sip.parameters = {7};
        Scene::wait_for(sip);
        CHECK(sip.reason == rt::TrapReason::None && sip.result == 7);
        reap_sip(sip);
    }
}

KERNEL_TEST(ring3_refuses) {
    start_paging();
    Thread::current().on_switch_in = [](Thread&) { enter_kernel_domain(); };
    auto domain = *Domain::create("alone", Level::User, true, {});
    Scene scene(Level::Kernel);
    scene.level = Level::User;
    auto is_refused = [&](std::string_view program, std::uint32_t target) {
        Sip& sip = scene.start(*domain, program, target);
        Scene::wait_for(sip);
        const bool refused = sip.reason == rt::TrapReason::ProcessorFault;
        reap_sip(sip);
        return refused;
    };
    CHECK(is_refused(stray_call_number, 0));
    for (std::uint32_t beyond = 0; beyond < 32; beyond++)
        CHECK(is_refused(stray_call_beyond, kFunctionCount + beyond));
    CHECK(is_refused(stray_call_stack, address_of(&kernel_secret)));
    CHECK(is_refused(stray_call_stack, 0xfffffff0));
    CHECK(is_refused(stray_call_end, kFirstService + Word(verifier::Service::XVec)));
    CHECK(is_refused(stray_call_string, address_of(__kernel_start)));
    CHECK(is_refused(stray_call_string, 0xfffffff0));
}

KERNEL_TEST(stray) {
    if (mode_has_paging(options().protect)) start_paging();
    Thread::current().on_switch_in = [](Thread&) { enter_kernel_domain(); };
    Holdings before = holdings();
    {
        Scene scene(Level::Kernel);
        try_instructions(scene);
        try_tall_frames(scene);
        if (mode_has_paging(options().protect)) try_memory(scene);
    }
    if (mode_has_paging(options().protect)) {
        Scene scene(Level::User);
        try_instructions(scene);
        try_tall_frames(scene);
        try_memory(scene);
        try_privilege(scene);
    }
    CHECK(print_leaks(before, holdings()));
}

} // namespace singlet::kern
