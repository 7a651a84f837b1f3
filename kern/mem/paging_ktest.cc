#include "kern/boot/test.hh"
#include "kern/cpu/trap.hh"
#include "kern/cpu/x86.hh"
#include "kern/mem/paging.hh"

namespace singlet::kern {

namespace {

// A probe touches memory at one known instruction, so that a page fault there can be answered by
// going on behind it.
constinit bool faulted = false;
extern "C" char probe_read[], probe_write[], probe_done[];

bool answer_probe(TrapFrame& frame) {
    if (frame.eip != address_of(probe_read) && frame.eip != address_of(probe_write)) return false;
    faulted = true;
    frame.eip = address_of(probe_done);
    return true;
}

enum class Access { Read, Write };
[[gnu::noinline]] bool faults(std::uint32_t address, Access access) {
    TrapHandler before = set_trap_handler(vector::kPageFault, answer_probe);
    faulted = false;
    std::uint32_t value = 0;
    asm volatile("test %2, %2\n\t"
                 "jnz probe_write\n"
                 "probe_read:\tmov (%1), %0\n\t"
                 "jmp probe_done\n"
                 "probe_write:\tmov %0, (%1)\n"
                 "probe_done:"
                 : "+r"(value)
                 : "r"(address), "r"(access == Access::Write)
                 : "memory", "cc");
    set_trap_handler(vector::kPageFault, before);
    return faulted;
}

} // namespace

KERNEL_TEST(page_tables) {
    std::uint32_t before = zone_info(Zone::Kernel).free;
    Frames data = *Frames::allocate(Zone::Sip, 2, Zeroed::Yes);
    {
        PageDirectory directory = *PageDirectory::create();
        VirtAddr low(kProcessBase), high(0xfffff000);
        CHECK(directory.map(low, data.start(), Writable::Yes, User::Yes));
        CHECK(directory.map(high, data.start() + kPageSize, Writable::No, User::No));
        Mapping found = *directory.lookup(low + 123);
        CHECK(found.frame == data.start() && found.writable == Writable::Yes);
        CHECK(found.user == User::Yes && directory.lookup(high)->user == User::No);
        CHECK(directory.lookup(low + kPageSize).error() == Error::NotFound);
        CHECK(
            directory.map(VirtAddr(kKernelBase), data.start(), Writable::Yes, User::Yes).error() ==
            Error::BadAddress);
        directory.activate();
        *reinterpret_cast<int*>(low.raw()) = 42;
        CHECK(faults(high.raw(), Access::Write) && !faults(high.raw(), Access::Read));
        directory.unmap(low);
        CHECK(faults(low.raw(), Access::Read));
        disable_paging();
        CHECK(*at<int>(data.start()) == 42);
    }
    CHECK(zone_info(Zone::Kernel).free == before);
}

KERNEL_TEST(paging_protects) {
    PageDirectory directory = *PageDirectory::create();
    Frames data = *Frames::allocate(Zone::Sip, 1, Zeroed::No);
    CHECK(!faults(data.start().raw(), Access::Write)); // paging is off
    directory.activate();
    CHECK(paging_enabled() && directory.active());
    CHECK(faults(data.start().raw(), Access::Read)); // not mapped here
    CHECK(directory.map_identity(data.start(), 1, Writable::Yes, User::No));
    CHECK(!faults(data.start().raw(), Access::Write));
    CHECK(faults(address_of(__kernel_start), Access::Write)); // text
    CHECK(faults(address_of(__rodata_end) - 4, Access::Write));
    CHECK(!faults(address_of(__kernel_start), Access::Read));
    CHECK(faults(0, Access::Read) && faults(0xfff, Access::Read)); // null
    disable_paging();
    CHECK(!faults(0, Access::Read));
}

KERNEL_TEST(paging_two_spaces) {
    Frames a = *Frames::allocate(Zone::Sip, 1, Zeroed::Yes);
    Frames b = *Frames::allocate(Zone::Sip, 1, Zeroed::Yes);
    PageDirectory first = *PageDirectory::create(), second = *PageDirectory::create();
    VirtAddr page(kProcessBase);
    CHECK(first.map(page, a.start(), Writable::Yes, User::Yes));
    CHECK(second.map(page, b.start(), Writable::Yes, User::Yes));
    auto* word = reinterpret_cast<volatile int*>(page.raw());
    first.activate();
    *word = 1;
    second.activate();
    CHECK(*word == 0);
    *word = 2;
    first.activate();
    CHECK(*word == 1);
    disable_paging();
    CHECK(*at<int>(a.start()) == 1 && *at<int>(b.start()) == 2);
}

KERNEL_SCENE(page_fault) {
    PageDirectory directory = *PageDirectory::create();
    directory.activate();
    *reinterpret_cast<volatile int*>(0x10) = 1;
}

KERNEL_SCENE(double_fault) {
    PageDirectory directory = *PageDirectory::create();
    directory.activate();
    asm volatile("mov $0xfffff000, %esp\n\tpush $1");
}

} // namespace singlet::kern
