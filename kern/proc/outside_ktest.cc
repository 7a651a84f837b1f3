// What runs outside the kernel, at both levels: it can ask (INT), it can be preempted, and what it
// does wrong comes back as a fault of its own and nobody else's.
#include "kern/boot/test.hh"
#include "kern/cpu/trap.hh"
#include "kern/cpu/x86.hh"
#include "kern/dev/timer.hh"
#include "kern/mem/paging.hh"
#include "kern/proc/thread.hh"
#include <cstring>

namespace singlet::kern {

namespace {

constexpr std::uint8_t kTestCall = 0x81;
constinit bool testing = false;
constinit std::uint32_t call_eax = 0, call_cs = 0;

bool take_call(TrapFrame& frame) {
    if (!testing) return false;
    call_eax = frame.eax;
    call_cs = frame.cs;
    frame.eax = frame.eax + 1;
    auto here = reinterpret_cast<std::uint32_t>(__builtin_frame_address(0));
    return frame.from_outside() && on_kernel_stack(here);
}
TRAP(kTestCall, Gate::User, take_call);

constinit TrapFrame last_fault{};
bool leave_on_fault(TrapFrame& frame) {
    last_fault = frame;
    leave_outside();
}

// Programs, as bytes that are copied to where CPL 3 may execute them.
#define PROGRAM(name, text)                                                                        \
    extern "C" const char name##_start[], name##_end[];                                            \
    asm(".pushsection .rodata\n" #name "_start:\n\t" text "\n" #name "_end:\n.popsection");        \
    [[maybe_unused]] const std::string_view name(name##_start, name##_end)

PROGRAM(calls, "xor %eax, %eax\n\tmov %eax, %ds\n\tmov %eax, %es\n\t" // the kernel must not mind
               "mov $41, %eax\n\tint $0x81\n\tint $0x81\n\tud2");
PROGRAM(collects_registers, "or %ebx, %eax\n\tor %ecx, %eax\n\tor %edx, %eax\n\tor %esi, %eax\n\t"
                            "or %edi, %eax\n\tor %ebp, %eax\n\tint $0x81\n\tud2");
PROGRAM(reads_kernel, "mov 0x100000, %eax");
PROGRAM(writes_null, "movl $1, 0");
PROGRAM(does_io, "in $0x21, %al");
PROGRAM(disables_interrupts, "cli");
PROGRAM(fakes_interrupt, "int $0x20");
PROGRAM(means_nothing, "int $0x90");
PROGRAM(spins, "1: inc %eax\n\tjmp 1b");

struct Process {
    PageDirectory directory = *PageDirectory::create();
    Frames memory = *Frames::allocate(Zone::Sip, 2, Zeroed::Yes); // code, stack

    explicit Process(std::string_view program) {
        std::memcpy(at<char>(memory.start()), program.data(), program.size());
        VirtAddr code(kProcessBase), stack = code + kPageSize;
        CHECK(directory.map(code, memory.start(), Writable::No, User::Yes));
        CHECK(directory.map(stack, memory.start() + kPageSize, Writable::Yes, User::Yes));
    }
    ~Process() { disable_paging(); }

    // Runs until the first fault, which is returned.
    const TrapFrame& run() {
        TrapHandler before = set_outside_fault_handler(leave_on_fault);
        std::uint32_t esp0 = task_state.esp0;
        testing = true;
        directory.activate();
        run_ring3(kProcessBase, kProcessBase + 2 * kPageSize);
        testing = false;
        CHECK(task_state.esp0 == esp0 && !interrupts_enabled());
        set_outside_fault_handler(before);
        return last_fault;
    }
};

bool faults_with(std::string_view program, std::uint8_t vector, std::uint32_t error) {
    const TrapFrame& fault = Process(program).run();
    return fault.vector == vector && fault.error == error && fault.from_ring3();
}

} // namespace

KERNEL_TEST_AFTER(400, ring3_calls) {
    CHECK(faults_with(calls, 6, 0)); // UD2
    CHECK(call_eax == 42 && (call_cs & 3) == 3 && last_fault.eax == 43);
    CHECK(faults_with(collects_registers, 6, 0));
    CHECK(call_eax == 0); // nothing of the kernel's
}

KERNEL_TEST_AFTER(400, ring3_is_confined) {
    std::uint32_t kernel = zone_info(Zone::Kernel).free, sip = zone_info(Zone::Sip).free;
    CHECK(faults_with(reads_kernel, vector::kPageFault, 5)); // user read of what is present
    CHECK(faults_with(writes_null, vector::kPageFault, 6));  // user write of what is not
    CHECK(faults_with(does_io, vector::kGeneralProtection, 0));
    CHECK(faults_with(disables_interrupts, vector::kGeneralProtection, 0));
    CHECK(faults_with(fakes_interrupt, vector::kGeneralProtection, 0x20 * 8 + 2));
    CHECK(faults_with(means_nothing, vector::kGeneralProtection, 0x90 * 8 + 2));
    CHECK(zone_info(Zone::Kernel).free == kernel && zone_info(Zone::Sip).free == sip);
}

KERNEL_TEST(ring3_is_preempted) {
    static Process process(spins);
    Thread* thread = *Thread::create("spins", [](void*) { process.run(); }, nullptr);
    thread->start();
    std::uint32_t start = turns_ended();
    while (turns_ended() - start < 3)
        yield();
    CHECK(thread->state() == Thread::State::Ready);
    Thread::destroy(thread); // in the middle of its loop
    disable_paging();
}

namespace {

void divide_by_zero(void*) {
    asm volatile("int $0x81\n\tdivl %1" ::"a"(6), "r"(0) : "edx");
    CHECK(!"reached");
}

} // namespace

KERNEL_TEST(outside_fault_at_cpl0) {
    Frames stack = *Frames::allocate(Zone::Sip, 1, Zeroed::No);
    TrapHandler before = set_outside_fault_handler(leave_on_fault);
    testing = true;
    run_outside(divide_by_zero, nullptr, at<void>(stack.end()));
    CHECK(last_fault.vector == vector::kDivideError && !last_fault.from_ring3());
    CHECK(call_eax == 6 && (call_cs & 3) == 0 && last_fault.eax == 7);
    testing = false;
    set_outside_fault_handler(before);
}

} // namespace singlet::kern
