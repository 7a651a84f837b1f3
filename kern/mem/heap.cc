#include "kern/mem/heap.hh"

#include "kern/cpu/exit.hh"
#include "kern/cpu/x86.hh"
#include "kern/mem/frames.hh"
#include "lib/core/assert.hh"
#include "lib/core/list.hh"
#include <algorithm>
#include <array>
#include <new>

namespace singlet::kern::heap {

namespace {

constexpr std::uint32_t kSlabMagic = 0x62616c73, kRunMagic = 0x006e7572; // "slab", "run"

struct FreeBlock {
    FreeBlock* next;
};

struct alignas(16) SlabHeader {
    std::uint32_t magic = kSlabMagic;
    std::uint32_t size_class;
    FreeBlock* free = nullptr;
    std::uint32_t used = 0;
    ListLink link = {}; // among the slabs of its class that have a free block
};
static_assert(sizeof(SlabHeader) == 32);

struct alignas(16) RunHeader {
    std::uint32_t magic = kRunMagic;
    std::uint32_t frames;
};

constexpr std::uint32_t kSlabRoom = kPageSize - sizeof(SlabHeader);
// Multiples of 16; from 512 on they fill a frame evenly.
constexpr std::array<std::uint16_t, 14> kSizes = {16,  32,  48,  64,  96,  128,  192,
                                                  256, 336, 400, 512, 672, 1008, 1344};
constexpr std::uint32_t kLargest = kSizes.back();

// kClassOf[(size + 15) / 16] is the smallest class that holds `size` bytes.
constexpr auto kClassOf = [] {
    std::array<std::uint8_t, kLargest / 16 + 1> table{};
    for (std::uint32_t units = 0, c = 0; units < table.size(); units++) {
        if (units * 16 > kSizes[c]) c++;
        table[units] = static_cast<std::uint8_t>(c);
    }
    return table;
}();

using SlabList = List<SlabHeader, &SlabHeader::link>;
constinit std::array<SlabList, kSizes.size()> partial{};
constinit Counts the_counts{};
constinit std::uint32_t promised = 0; // frames

void count_frames(std::uint32_t more) {
    the_counts.frames += more;
    the_counts.most_frames = std::max(the_counts.most_frames, the_counts.frames);
}

void* header_of(void* block) { return reinterpret_cast<void*>(page_down(address_of(block))); }

SlabHeader* new_slab(std::uint32_t size_class) {
    auto frame = Frames::allocate(Zone::Kernel, 1, Zeroed::No);
    if (!frame) return nullptr;
    std::uint32_t start = frame->release().raw();
    auto* slab = new (reinterpret_cast<void*>(start)) SlabHeader{.size_class = size_class};
    const std::uint32_t size = kSizes[size_class];
    for (std::uint32_t at = kSlabRoom / size; at-- > 0;) {
        void* place = reinterpret_cast<void*>(start + sizeof(SlabHeader) + at * size);
        slab->free = new (place) FreeBlock{slab->free};
    }
    partial[size_class].push_front(*slab);
    count_frames(1);
    return slab;
}

void* allocate_small(std::uint32_t size_class) {
    SlabHeader* slab = partial[size_class].first();
    if (!slab) slab = new_slab(size_class);
    if (!slab) return nullptr;
    FreeBlock* block = slab->free;
    slab->free = block->next;
    slab->used++;
    if (!slab->free) slab->link.unlink();
    return block;
}

void free_small(SlabHeader& slab, void* block) {
    ASSERT(slab.used > 0);
    if (!slab.free) partial[slab.size_class].push_front(slab);
    slab.free = new (block) FreeBlock{slab.free};
    if (--slab.used > 0) return;
    bool only_one =
        partial[slab.size_class].first() == &slab && !partial[slab.size_class].next(slab);
    if (only_one) return;
    slab.~SlabHeader();
    the_counts.frames--;
    Frames::adopt(PhysAddr(address_of(&slab)), 1).give_back();
}

void* allocate_run(std::size_t size) {
    if (size > kMaximumRam) return nullptr;
    std::uint32_t count = page_up(size + sizeof(RunHeader)) / kPageSize;
    auto run = Frames::allocate(Zone::Kernel, count, Zeroed::No);
    if (!run) return nullptr;
    count_frames(count);
    auto* header = new (at<void>(run->release())) RunHeader{.frames = count};
    return header + 1;
}

} // namespace

void* allocate(std::size_t size) {
    InterruptsOff guard;
    void* block =
        size <= kLargest ? allocate_small(kClassOf[(size + 15) / 16]) : allocate_run(size);
    if (block) the_counts.blocks++;
    return block;
}

void free(void* block) {
    if (!block) return;
    InterruptsOff guard;
    the_counts.blocks--;
    auto* slab = static_cast<SlabHeader*>(header_of(block));
    if (slab->magic == kSlabMagic) return free_small(*slab, block);
    auto* run = static_cast<RunHeader*>(header_of(block));
    ASSERT(run->magic == kRunMagic);
    the_counts.frames -= run->frames;
    Frames::adopt(PhysAddr(address_of(run)), run->frames).give_back();
}

Counts counts() { return the_counts; }
void watch_most() { the_counts.most_frames = the_counts.frames; }

bool has_room(std::uint64_t bytes) {
    if (bytes > kMaximumRam) return false;
    InterruptsOff guard;
    auto pages = static_cast<std::uint32_t>(bytes / kPageSize + 1);
    return Frames::allocate(Zone::Kernel, pages, Zeroed::No).has_value();
}

Promise::Promise(std::uint64_t bytes)
    : frames_(static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, kMaximumRam) / kPageSize)) {
    InterruptsOff guard;
    promised += frames_;
}

Promise::~Promise() {
    InterruptsOff guard;
    promised -= frames_;
}

std::uint32_t promised_frames() { return promised; }

} // namespace singlet::kern::heap

// The language's way in. Plain new never returns null: whoever can live without memory asks with
// std::nothrow or heap::allocate.
const std::nothrow_t std::nothrow{};
void* operator new(std::size_t size) {
    void* block = singlet::kern::heap::allocate(size);
    if (!block) singlet::kern::panic("no kernel memory left for {} bytes", size);
    return block;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return singlet::kern::heap::allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return singlet::kern::heap::allocate(size);
}
void operator delete(void* block) noexcept { singlet::kern::heap::free(block); }
void operator delete[](void* block) noexcept { singlet::kern::heap::free(block); }
void operator delete(void* block, std::size_t) noexcept { singlet::kern::heap::free(block); }
void operator delete[](void* block, std::size_t) noexcept { singlet::kern::heap::free(block); }
