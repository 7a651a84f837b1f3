// The machine's one exchange heap, on frames of the kernel's zone: all page tables map them.
#include "kern/boot/init.hh"
#include "kern/mem/heap.hh"
#include "kern/proc/sip.hh"
#include <new>

namespace singlet::kern {

constinit ExchangeHeapStorage exchange_heap_storage;

namespace {

// However much SIPs ask for, this is left for what the kernel itself cannot do without.
constexpr std::uint32_t kKeptPages = 1024;

struct KernelPages final : PageSource {
    Word allocate(std::uint32_t pages) override {
        std::uint32_t free = zone_info(Zone::Kernel).free;
        std::uint32_t kept = kKeptPages + heap::promised_frames();
        if (free < kept || free - kept < pages) return 0;
        auto frames = Frames::allocate(Zone::Kernel, pages, Zeroed::No);
        return frames ? frames->release().raw() : 0;
    }
    void free(Word address, std::uint32_t pages) override {
        Frames::adopt(PhysAddr(address), pages).give_back();
    }
};
constinit KernelPages kernel_pages;

void start_exchange_heap() {
    std::uint32_t pages = zone_info(Zone::Sip).end.raw() / kPageSize;
    auto* map = new std::uint8_t[pages]();
    std::uint32_t most = zone_info(Zone::Kernel).free - kKeptPages; // of 240 MB at least
    new (&exchange_heap_storage.heap) ExchangeHeap(kernel_pages, {map, pages}, most * kPageSize);
}
INIT(600, start_exchange_heap);

} // namespace

} // namespace singlet::kern
