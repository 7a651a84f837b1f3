#include "kern/mem/paging.hh"

#include "kern/boot/init.hh"
#include "kern/cpu/exit.hh"
#include "kern/cpu/segments.hh"
#include "kern/cpu/x86.hh"
#include "lib/core/assert.hh"
#include "lib/core/clock_page.hh"
#include <algorithm>
#include <array>
#include <cstring>

namespace singlet::kern {

// Pages of their own in the kernel's image: clock_page is what the model clock reads, found by name; in now_frame
// lies now_page, what the running SIP may read (lib/rt/layout.hh, kernel.ld).
#define OWN_PAGE [[gnu::section(".bss.page")]] alignas(kPageSize) constinit
extern "C" {
OWN_PAGE ClockPage clock_page{};
OWN_PAGE std::array<std::byte, kPageSize> now_frame{};
OWN_PAGE std::array<std::byte, kPageSize> now_window{}; // while paging is on: now_frame, writable
extern std::byte now_page[];
}

constinit void* writable_now_page = now_page;

namespace {

// SDM3A 4.3, table 4-5 and 4-6: bits of an entry.
constexpr std::uint32_t kPresent = 1, kWritable = 2, kUser = 4, kGlobal = 1u << 8;
constexpr std::uint32_t kWriteThrough = 1u << 3, kNotCached = 1u << 4;
constexpr std::uint32_t kEntries = 1024;
static_assert(kEntries * kPageSize == kPageTableSpan);

constinit std::array<std::uint32_t, kMaximumRam / kPageTableSpan> kernel_tables{}; // addresses
constinit std::uint32_t device_table = 0;                                          // as well
constinit std::uint32_t kernel_zone_end = 0;
constinit std::uint32_t active_directory = 0; // the value of CR3, 0 while paging is off

std::uint32_t directory_index(std::uint32_t address) { return address / kPageTableSpan; }
std::uint32_t table_index(std::uint32_t address) { return address / kPageSize % kEntries; }

std::uint32_t* table_of(std::uint32_t directory_entry) {
    return reinterpret_cast<std::uint32_t*>(page_down(directory_entry));
}

std::uint32_t* kernel_entry(std::uint32_t address) {
    return table_of(kernel_tables[directory_index(address)]) + table_index(address);
}

// Changes what the processor walks, and tells the clock *before* it takes effect.
void announce(std::uint32_t cr3) {
    active_directory = cr3;
    writable_now_page = cr3 ? now_window.data() + address_of(now_page) % kPageSize : now_page;
    clock_page.cr3 = cr3;
    set_double_fault_cr3(cr3);
}

// The same for one page.
void forget(std::uint32_t page) {
    clock_page.invalidated = page;
    invalidate_page(page);
}

// The bits of the entry for a page of the kernel zone: global; writable, but not what is constant
// (from kKernelBase to __rodata_end); not for CPL 3. 0: not mapped.
std::uint32_t kernel_page_rights(std::uint32_t page) {
    // <lab1:kernel page>
    if (page == 0) return 0; // null is nobody's
    bool constant = page >= kKernelBase && page < address_of(__rodata_end);
    return kPresent | kGlobal | (constant ? 0 : kWritable);
    // </lab1:kernel>
}

void start_paging() {
    if (!(cpuid(1).edx & (1u << 13))) fail("the processor has no global pages (CPUID.1:EDX.PGE)");
    kernel_zone_end = zone_info(Zone::Kernel).end.raw();
    auto devices = Frames::allocate(Zone::Kernel, 1, Zeroed::Yes);
    ASSERT(devices); // 240 MB were found to be there
    device_table = devices->release().raw();
}
INIT(310, start_paging);

// Fills kernel_tables, for each 4 MB of the kernel zone the address of a page table that maps them
// to themselves.
void make_kernel_tables() {
    // <lab1:kernel kernel_page_rights>
    for (std::uint32_t start = 0; start < kernel_zone_end; start += kPageTableSpan) {
        auto frame = Frames::allocate(Zone::Kernel, 1, Zeroed::No);
        ASSERT(frame);
        auto* table = at<std::uint32_t>(frame->start());
        for (std::uint32_t i = 0; i < kEntries; i++) {
            std::uint32_t page = start + i * kPageSize, rights = kernel_page_rights(page);
            table[i] = rights ? page | rights : 0;
        }
        kernel_tables[directory_index(start)] = frame->release().raw();
    }
    // </lab1:kernel>
}

void map_kernel_zone() {
    make_kernel_tables();
    clock_page.magic = ClockPage::kMagic;
    share_kernel_pages(PhysAddr(address_of(__rt_start)), PhysAddr(address_of(__rt_end)));
    std::uint32_t now = address_of(now_frame.data());
    *kernel_entry(now) = now | kPresent | kUser | kGlobal; // read-only, for the kernel too
    *kernel_entry(address_of(now_window.data())) = now | kPresent | kWritable | kGlobal;
    write_cr4(read_cr4() | kCr4Pge);
    write_cr0(read_cr0() | kCr0Wp | kCr0Em);
}
INIT(320, map_kernel_zone);

} // namespace

Result<PageDirectory> PageDirectory::create() {
    PageDirectory directory(TRY(Frames::allocate(Zone::Kernel, 1, Zeroed::Yes)));
    // The directory entries let all through; the entries of the tables decide.
    for (std::uint32_t i = 0; i < directory_index(kernel_zone_end); i++)
        directory.entries()[i] = kernel_tables[i] | kPresent | kWritable | kUser;
    directory.entries()[directory_index(kDeviceBase)] = device_table | kPresent | kWritable;
    return directory;
}

PageDirectory::~PageDirectory() {
    if (!frame_) return;
    ASSERT(!active());
    for (std::uint32_t i = directory_index(kernel_zone_end); i < kEntries; i++) {
        if (entries()[i] && i != directory_index(kDeviceBase))
            Frames::adopt(PhysAddr(page_down(entries()[i])), 1).give_back();
    }
}

// The table entry for a page outside the kernel zone; null when its table does not exist.
std::uint32_t* PageDirectory::entry(VirtAddr page) const {
    // <lab1:walk page>
    std::uint32_t in_directory = entries()[directory_index(page.raw())];
    if (!(in_directory & kPresent)) return nullptr;
    return table_of(in_directory) + table_index(page.raw());
    // </lab1:walk>
}

// The entry for `page` was present and has changed. If the processor walks these tables, its TLB may
// still hold what the entry was [SDM3A 4.10.4]; after this it does not. One that was not present is
// in no TLB [SDM3A 4.10.2.3].
void PageDirectory::no_longer_holds(VirtAddr page) const {
    // <lab1:forget page, forget>
    if (active()) forget(page.raw());
    // </lab1:forget>
}

Result<void> PageDirectory::map(VirtAddr page, PhysAddr frame, Writable writable, User user) {
    ASSERT(page.page_aligned() && frame.page_aligned());
    if (page.raw() < kernel_zone_end || directory_index(page.raw()) == directory_index(kDeviceBase))
        return std::unexpected(Error::BadAddress);
    // <lab1:map page, frame, writable, user>
    std::uint32_t& in_directory = entries()[directory_index(page.raw())];
    if (!in_directory) {
        Frames table = TRY(Frames::allocate(Zone::Kernel, 1, Zeroed::Yes));
        in_directory = table.release().raw() | kPresent | kWritable | kUser;
    }
    std::uint32_t* place = entry(page);
    bool replaced = *place & kPresent;
    *place = frame.raw() | kPresent | (writable == Writable::Yes ? kWritable : 0) |
             (user == User::Yes ? kUser : 0);
    if (replaced) no_longer_holds(page);
    return {};
    // </lab1:map>
}

Result<void> PageDirectory::map_identity(PhysAddr start, std::uint32_t count, Writable writable,
                                         User user) {
    for (std::uint32_t i = 0; i < count; i++) {
        PhysAddr frame = start + i * kPageSize;
        auto mapped = map(identity(frame), frame, writable, user);
        if (mapped) continue;
        unmap(identity(start), i);
        return mapped;
    }
    return {};
}

void PageDirectory::unmap(VirtAddr start, std::uint32_t count) {
    ASSERT(start.page_aligned() && start.raw() >= kernel_zone_end);
    // <lab1:forget count>
    for (std::uint32_t i = 0; i < count; i++) {
        VirtAddr page = start + i * kPageSize;
        std::uint32_t* place = entry(page);
        if (!place || !*place) continue;
        *place = 0;
        no_longer_holds(page);
    }
    // </lab1:forget>
}

Result<Mapping> PageDirectory::lookup(VirtAddr address) const {
    // <lab1:walk address>
    const std::uint32_t* place = entry(address);
    if (!place || !(*place & kPresent)) return std::unexpected(Error::NotFound);
    return Mapping{PhysAddr(page_down(*place)), Writable((*place & kWritable) != 0),
                   User((*place & kUser) != 0)};
    // </lab1:walk>
}

bool PageDirectory::active() const { return active_directory == frame_.start().raw(); }

void PageDirectory::activate() {
    if (active()) return;
    // <lab1:switch announce>
    bool was_on = paging_enabled();
    announce(frame_.start().raw());
    write_cr3(frame_.start().raw());
    if (!was_on) write_cr0(read_cr0() | kCr0Pg);
    // </lab1:switch>
}

bool paging_enabled() { return active_directory != 0; }

void disable_paging() {
    if (!paging_enabled()) return;
    // <lab1:switch>
    announce(0);
    write_cr0(read_cr0() & ~kCr0Pg);
    // </lab1:switch>
}

void map_device(PhysAddr page) {
    ASSERT(page.page_aligned() && directory_index(page.raw()) == directory_index(kDeviceBase));
    table_of(device_table)[table_index(page.raw())] =
        page.raw() | kPresent | kWritable | kWriteThrough | kNotCached | kGlobal;
}

void share_kernel_pages(PhysAddr start, PhysAddr end) {
    for (std::uint32_t page = page_down(start.raw()); page < end.raw(); page += kPageSize) {
        *kernel_entry(page) |= kUser;
        if (paging_enabled()) forget(page);
    }
}

} // namespace singlet::kern
