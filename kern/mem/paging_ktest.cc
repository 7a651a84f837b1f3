#include "kern/boot/test.hh"
#include "kern/cpu/trap.hh"
#include "kern/cpu/x86.hh"
#include "kern/mem/every_frame.hh"
#include "kern/mem/paging.hh"
#include <cstring>

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

// Page tables as the manual describes them, not as paging.cc does [SDM3A 4.3]: what these tests hold
// the exercises against.
constexpr std::uint32_t kPresent = 1, kWritable = 2, kUser = 4, kGlobal = 1u << 8;

std::uint32_t& directory_entry(const PageDirectory& directory, std::uint32_t address) {
    return at<std::uint32_t>(directory.address())[address >> 22];
}
std::uint32_t& table_entry(const PageDirectory& directory, std::uint32_t address) {
    PhysAddr table(directory_entry(directory, address) & 0xfffff000);
    return at<std::uint32_t>(table)[address >> 12 & 0x3ff];
}

} // namespace

// Tables written here, read by lookup().
KERNEL_TEST_AFTER(310, page_walk) {
    PageDirectory directory = *PageDirectory::create();
    std::uint32_t page = kProcessBase + 5 * kPageTableSpan + 7 * kPageSize;
    CHECK(directory.lookup(VirtAddr(page)).error() == Error::NotFound); // no table
    Frames table = *Frames::allocate(Zone::Kernel, 1, Zeroed::Yes);
    directory_entry(directory, page) = table.start().raw() | kPresent | kWritable | kUser;
    CHECK(directory.lookup(VirtAddr(page)).error() == Error::NotFound); // a table, and no page
    table_entry(directory, page) = 0x12345000 | kPresent | kUser;
    auto found = directory.lookup(VirtAddr(page + 0xabc));
    CHECK(found && found->frame == PhysAddr(0x12345000));
    CHECK(found->writable == Writable::No && found->user == User::Yes);
    table_entry(directory, page) = 0xfffff000 | kPresent | kWritable;
    found = directory.lookup(VirtAddr(page + 0xfff));
    CHECK(found && found->frame == PhysAddr(0xfffff000));
    CHECK(found->writable == Writable::Yes && found->user == User::No);
    CHECK(directory.lookup(VirtAddr(page + kPageSize)).error() == Error::NotFound);
    CHECK(directory.lookup(VirtAddr(page - kPageSize)).error() == Error::NotFound);
    table_entry(directory, page) = 0x12345000 | kWritable | kUser; // whatever else it holds
    CHECK(directory.lookup(VirtAddr(page)).error() == Error::NotFound);
    table_entry(directory, page) = 0x12345000 | kPresent;
    directory_entry(directory, page) &= ~kPresent; // the same of a table
    CHECK(directory.lookup(VirtAddr(page)).error() == Error::NotFound);
    directory_entry(directory, page) = 0;
}

// And the other way round.
KERNEL_TEST_AFTER(310, page_map) {
    std::uint32_t before = zone_info(Zone::Kernel).free;
    {
        PageDirectory directory = *PageDirectory::create();
        VirtAddr first(kProcessBase + 3 * kPageSize), last(0xfffff000);
        { // what the next tables are made of is not zero
            Frames a = *Frames::allocate(Zone::Kernel, 1, Zeroed::No);
            Frames b = *Frames::allocate(Zone::Kernel, 1, Zeroed::No);
            for (Frames* frame : {&a, &b})
                std::memset(at<void>(frame->start()), 0xff, kPageSize);
        }
        CHECK(directory.map(first, PhysAddr(0x07654000), Writable::Yes, User::No));
        CHECK_EQUAL(table_entry(directory, first.raw()), (0x07654000 | kPresent | kWritable));
        // The processor takes the stricter of the two rights; the tables are to decide.
        CHECK_EQUAL((directory_entry(directory, first.raw()) & 7), (kPresent | kWritable | kUser));
        std::uint32_t table = directory_entry(directory, first.raw());
        CHECK(directory.map(first + kPageSize, PhysAddr(0x07654000), Writable::No, User::Yes));
        CHECK_EQUAL(table_entry(directory, first.raw() + kPageSize),
                    (0x07654000 | kPresent | kUser));
        CHECK_EQUAL(directory_entry(directory, first.raw()), table); // one table for 4 MB
        CHECK(directory.map(last, PhysAddr(0x00001000), Writable::Yes, User::Yes));
        CHECK_EQUAL(table_entry(directory, last.raw()),
                    (0x00001000 | kPresent | kWritable | kUser));
        CHECK_EQUAL(table_entry(directory, first.raw()), (0x07654000 | kPresent | kWritable));
        for (std::uint32_t page = 0; page < kPageTableSpan; page += kPageSize) // and nothing else
            CHECK(page == 0x3ff000 || table_entry(directory, 0xffc00000 + page) == 0);
        CHECK_EQUAL(zone_info(Zone::Kernel).free, before - 3);
    }
    CHECK_EQUAL(zone_info(Zone::Kernel).free, before);
}

KERNEL_TEST_AFTER(310, page_map_no_memory) {
    PageDirectory directory = *PageDirectory::create();
    VirtAddr page(kProcessBase);
    {
        EveryFrame all(Zone::Kernel);
        CHECK(directory.map(page, PhysAddr(0), Writable::Yes, User::Yes).error() ==
              Error::NoMemory);
        CHECK_EQUAL(directory_entry(directory, page.raw()), 0);
    }
    CHECK(directory.map(page, PhysAddr(0), Writable::Yes, User::Yes));
    CHECK(directory.map(VirtAddr(kKernelBase), PhysAddr(0), Writable::Yes, User::Yes).error() ==
          Error::BadAddress);
}

KERNEL_TEST_AFTER(320, kernel_tables) {
    PageDirectory directory = *PageDirectory::create();
    CHECK_EQUAL(table_entry(directory, 0), 0); // null
    for (std::uint32_t page = kPageSize; page < address_of(__kernel_start); page += kPageSize)
        CHECK_EQUAL(table_entry(directory, page), (page | kPresent | kWritable | kGlobal));
    for (std::uint32_t page = address_of(__rt_end); page < address_of(__rodata_end);
         page += kPageSize)
        CHECK_EQUAL(table_entry(directory, page), (page | kPresent | kGlobal));
    std::uint32_t text = address_of(__kernel_start);
    CHECK_EQUAL(table_entry(directory, text), (text | kPresent | kGlobal));
    std::uint32_t behind = page_up(address_of(__kernel_end)),
                  end = zone_info(Zone::Kernel).end.raw();
    for (std::uint32_t page = behind; page < end; page += kPageSize)
        CHECK_EQUAL(table_entry(directory, page), (page | kPresent | kWritable | kGlobal));
    PageDirectory other = *PageDirectory::create(); // has the same tables, not tables like them
    for (std::uint32_t page = 0; page < end; page += kPageTableSpan)
        CHECK_EQUAL(directory_entry(directory, page), directory_entry(other, page));
}

KERNEL_TEST_AFTER(320, paging_on) {
    PageDirectory directory = *PageDirectory::create(), other = *PageDirectory::create();
    CHECK(!paging_enabled() && !directory.active() && !(read_cr0() & kCr0Pg));
    directory.activate();
    CHECK(paging_enabled() && directory.active() && (read_cr0() & kCr0Pg));
    CHECK_EQUAL(read_cr3(), directory.address().raw());
    other.activate();
    CHECK(other.active() && !directory.active() && read_cr3() == other.address().raw());
    disable_paging();
    CHECK(!paging_enabled() && !other.active() && !(read_cr0() & kCr0Pg));
}

// While paging is off: only what stands in the tables.
KERNEL_TEST_AFTER(310, page_unmap) {
    PageDirectory directory = *PageDirectory::create();
    VirtAddr start(kProcessBase + kPageTableSpan - 2 * kPageSize); // two tables, one of them absent
    for (std::uint32_t i = 0; i < 2; i++)
        CHECK(directory.map(start + i * kPageSize, PhysAddr(0x5000), Writable::Yes, User::Yes));
    directory.unmap(start + kPageSize, 3);
    CHECK_EQUAL(table_entry(directory, start.raw()), (0x5000 | kPresent | kWritable | kUser));
    CHECK_EQUAL(table_entry(directory, start.raw() + kPageSize), 0);
    CHECK_EQUAL(directory_entry(directory, start.raw() + 2 * kPageSize), 0);
}

// While it is on, the processor sees each change at once.
KERNEL_TEST_AFTER(320, tlb_forgets) {
    Frames data = *Frames::allocate(Zone::Sip, 1, Zeroed::Yes);
    Frames more = *Frames::allocate(Zone::Sip, 1, Zeroed::Yes);
    *at<int>(data.start()) = 1, *at<int>(more.start()) = 2;
    PageDirectory directory = *PageDirectory::create();
    VirtAddr page(kProcessBase);
    auto* word = reinterpret_cast<volatile int*>(page.raw());
    CHECK(directory.map(page, data.start(), Writable::Yes, User::No));
    directory.activate();
    CHECK_EQUAL(*word, 1);
    CHECK(directory.map(page, more.start(), Writable::Yes, User::No)); // another frame
    CHECK(*word == 2 && !faults(page.raw(), Access::Write));
    CHECK(directory.map(page, more.start(), Writable::No, User::No)); // fewer rights
    CHECK(faults(page.raw(), Access::Write) && !faults(page.raw(), Access::Read));
    directory.unmap(VirtAddr(kProcessBase - kPageSize), 2); // the first one has no table
    CHECK(faults(page.raw(), Access::Read));
    disable_paging();
}

KERNEL_TEST_AFTER(320, page_tables) {
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
        CHECK_EQUAL(*at<int>(data.start()), 42);
    }
    CHECK_EQUAL(zone_info(Zone::Kernel).free, before);
}

KERNEL_TEST_AFTER(320, paging_protects) {
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

KERNEL_TEST_AFTER(320, paging_two_spaces) {
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
    CHECK_EQUAL(*word, 0);
    *word = 2;
    first.activate();
    CHECK_EQUAL(*word, 1);
    disable_paging();
    CHECK(*at<int>(a.start()) == 1 && *at<int>(b.start()) == 2);
}

KERNEL_SCENE_AFTER(320, page_fault) {
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
