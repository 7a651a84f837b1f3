// Domains, where the policy places SIPs, and exchange heaps of their own. What a page table says is read as the
// processor reads it [SDM3A 4.3], not as kern/mem does.
#include "kern/boot/options.hh"
#include "kern/boot/test.hh"
#include "kern/cpu/x86.hh"
#include "kern/mem/every_frame.hh"
#include "kern/proc/policy.hh"
#include "kern/proc/sip.hh"

namespace singlet::kern {

namespace {

constexpr std::uint32_t kPresent = 1, kWritable = 2, kUser = 4;

// The rights of a page in the domain entered: what directory and table both grant.
std::uint32_t rights_here(std::uint32_t address) {
    const std::uint32_t directory =
        at<std::uint32_t>(PhysAddr(read_cr3() & 0xfffff000))[address >> 22];
    if (!(directory & kPresent)) return 0;
    const std::uint32_t entry =
        at<std::uint32_t>(PhysAddr(directory & 0xfffff000))[address >> 12 & 0x3ff];
    if (!(entry & kPresent) || (entry & 0xfffff000) != (address & 0xfffff000)) return 0;
    return entry & directory & 7;
}

std::uint32_t rights(Domain& domain, std::uint32_t address) {
    domain.enter();
    const std::uint32_t found = rights_here(address);
    enter_kernel_domain();
    return found;
}

// How many pages of SIPs it maps.
std::uint32_t pages_in(Domain& domain) {
    const ZoneInfo sips = zone_info(Zone::Sip);
    domain.enter();
    std::uint32_t count = 0;
    for (std::uint32_t page = sips.start.raw(); page < sips.end.raw(); page += kPageSize)
        count += rights_here(page) != 0;
    enter_kernel_domain();
    return count;
}

std::unique_ptr<Domain> domain_of(Level level, Ref<DomainHeap> heap = {}) {
    auto domain = Domain::create("test", level, true, std::move(heap));
    CHECK(domain.has_value());
    return std::move(*domain);
}

bool lives_at(std::string_view sip, bool is_client, std::string_view domain, std::string_view heap,
              Binding binding) {
    const Placement placement = place(sip, is_client);
    return placement.domain == domain && placement.heap == heap && placement.binding == binding;
}

// Gives `party` a large block while there are 0, 1, 2 ... frames for page tables, until these are enough. Before that neither
// domain keeps a page of it.
void try_without_tables(Party& party, Domain& first, Domain& second) {
    const std::uint32_t before[] = {pages_in(first), pages_in(second)};
    Block* block = nullptr;
    for (int frames = 0; !block; frames++) {
        CHECK(frames < 100);
        EveryFrame taken(Zone::Kernel);
        for (int i = 0; i < frames; i++)
            taken.give_one();
        block = exchange_heap().new_vector(party, 1, 8u << 20);
        CHECK(block || (pages_in(first) == before[0] && pages_in(second) == before[1]));
    }
    CHECK(pages_in(second) == before[1] + (8u << 20) / kPageSize + 1);
    exchange_heap().release(party, *block);
}

} // namespace

KERNEL_TEST(domain_rights) {
    start_paging();
    auto kernel = domain_of(Level::Kernel), user = domain_of(Level::User);
    CHECK(kernel->has_pages() && user->level() == Level::User && user->name() == "test");
    Frames frames = *Frames::allocate(Zone::Sip, 3, Zeroed::Yes);
    const std::uint32_t first = frames.start().raw(), last = first + 2 * kPageSize;
    CHECK(kernel->map(frames, Writable::Yes).has_value());
    CHECK(rights(*kernel, first) == (kPresent | kWritable));
    CHECK(rights(*kernel, last) == (kPresent | kWritable));
    CHECK(rights(*user, first) == 0); // another domain's
    CHECK(user->map(frames, Writable::No).has_value());
    CHECK(rights(*user, last) == (kPresent | kUser));
    CHECK(rights(*kernel, last) == (kPresent | kWritable));
    user->unmap(frames);
    CHECK(rights(*user, first) == 0 && rights(*user, last) == 0);
    CHECK(rights(*kernel, first) != 0);
    kernel->unmap(frames);
    // Without paging there is nothing to say to anybody.
    auto unpaged = Domain::create("flat", Level::Kernel, false, {});
    CHECK(unpaged.has_value() && !(*unpaged)->has_pages());
    CHECK((*unpaged)->map(frames, Writable::Yes).has_value());
    (*unpaged)->unmap(frames);
}

// Scenes, each for a machine in its own mode. The other modes' one domain and one heap, and what lines say of single SIPs.
KERNEL_SCENE(place_lines) {
    CHECK(options().protect == Protect::Paging);
    CHECK(lives_at("webfiles", true, "all", "", Binding::Call));
    CHECK(lives_at("fat", false, "all", "", Binding::Call));
    for (const char* line : {"a own 0", "b servers 3", "c servers 3 heap=own sysenter", "d own 3",
                             "e servers 0 heap=disk", "client apart 0 heap=shared"})
        CHECK(add_policy(line).has_value());
    CHECK(lives_at("a", false, "a", "", Binding::Call));
    CHECK(lives_at("b", false, "servers", "servers", Binding::Interrupt));
    CHECK(lives_at("c", false, "servers", "c", Binding::Sysenter));
    CHECK(lives_at("d", false, "d", "d", Binding::Interrupt));
    CHECK(lives_at("e", false, "servers", "disk", Binding::Call));
    CHECK(lives_at("webfiles", true, "apart", "", Binding::Call));
    CHECK(lives_at("fat", false, "all", "", Binding::Call));
}

KERNEL_SCENE(place_domain) {
    CHECK(options().protect == Protect::Domain);
    CHECK(lives_at("webfiles", true, "client", "", Binding::Call));
    CHECK(lives_at("fat", false, "rest", "", Binding::Call));
    CHECK(lives_at("client", false, "client", "", Binding::Call)); // a name as good as another
}

KERNEL_SCENE(place_ring3) {
    CHECK(options().protect == Protect::Ring3);
    CHECK(lives_at("webfiles", true, "client", "client", Binding::Interrupt));
    CHECK(lives_at("fat", false, "rest", "", Binding::Call));
}

KERNEL_SCENE(place_microkernel) {
    CHECK(options().protect == Protect::Microkernel);
    CHECK(lives_at("webfiles", true, "webfiles", "webfiles", Binding::Interrupt));
    CHECK(lives_at("fat", false, "fat", "fat", Binding::Interrupt));
}

KERNEL_TEST(domain_heap) {
    start_paging();
    constexpr std::uint32_t kAll = kPresent | kWritable | kUser;
    const std::uint32_t before = zone_info(Zone::Sip).free;
    {
        auto created = DomainHeap::create("test");
        CHECK(created.has_value());
        Ref<DomainHeap> heap = *created;
        Party party;
        party.region = heap->region();
        CHECK(exchange_heap().open_account(party, 16u << 20));
        auto first = domain_of(Level::User, heap), second = domain_of(Level::User, heap);
        auto other = domain_of(Level::User);
        CHECK(first->region() == heap->region() && heap->region() != 0 && other->region() == 0);

        Block* small = exchange_heap().new_vector(party, 1, 100);
        Block* large = exchange_heap().new_vector(party, 1, 3 * kPageSize);
        CHECK(small && large);
        const std::uint32_t end = large->address + 3 * kPageSize; // its data begins behind a header
        for (std::uint32_t page :
             {small->address, large->address, large->address + kPageSize, end}) {
            CHECK(exchange_heap().region_at(page & ~(kPageSize - 1)) == heap->region());
            CHECK(rights(*first, page) == kAll && rights(*second, page) == kAll);
            CHECK(rights(*other, page) == 0);
        }
        // Who joins late sees what is there.
        auto late = domain_of(Level::User, heap);
        CHECK(rights(*late, small->address) == kAll && rights(*late, end) == kAll);
        // Who has left is not told any more.
        second.reset();
        const std::uint32_t gone = large->address;
        exchange_heap().release(party, *large);
        exchange_heap().trim();
        CHECK(rights(*first, gone) == 0 && rights(*first, end) == 0 && rights(*late, gone) == 0);
        CHECK(rights(*first, small->address) == kAll);
        try_without_tables(party, *first, *late);
        exchange_heap().close_account(party);
        exchange_heap().trim();
    }
    CHECK(zone_info(Zone::Sip).free == before);
}

} // namespace singlet::kern
