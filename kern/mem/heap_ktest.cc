#include "kern/boot/test.hh"
#include "kern/mem/frames.hh"
#include "kern/mem/heap.hh"
#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace singlet::kern {

KERNEL_TEST(heap) {
    heap::Counts before = heap::counts();
    constexpr std::array<std::size_t, 9> kSizes = {0, 1, 16, 17, 500, 1344, 1345, 5000, 100000};
    std::array<void*, 200> blocks;
    for (std::size_t i = 0; i < blocks.size(); i++) {
        std::size_t size = kSizes[i % kSizes.size()];
        blocks[i] = heap::allocate(size);
        CHECK(blocks[i] && address_of(blocks[i]) % 16 == 0);
        std::memset(blocks[i], int(i), size);
    }
    for (std::size_t i = 0; i < blocks.size(); i++) {
        auto* bytes = static_cast<unsigned char*>(blocks[i]);
        std::size_t size = kSizes[i % kSizes.size()];
        CHECK(std::all_of(bytes, bytes + size, [&](unsigned char b) { return b == i % 256; }));
    }
    for (void* block : blocks)
        heap::free(block);
    CHECK_EQUAL(heap::counts().blocks, before.blocks);
    CHECK(heap::counts().frames <= before.frames + 14); // one empty slab a size class stays
    CHECK(heap::allocate(0xfffffff0) == nullptr);
}

KERNEL_TEST(heap_exhausted) {
    std::vector<void*> blocks;
    blocks.reserve(64);
    void* block;
    while ((block = heap::allocate(8 << 20)))
        blocks.push_back(block);
    CHECK(!blocks.empty() && blocks.size() < 64);
    for (void* b : blocks)
        heap::free(b);
    CHECK(zone_info(Zone::Kernel).free > 20000);
}

// The library parts that the verifier stands on.
KERNEL_TEST(containers) {
    std::uint32_t before = heap::counts().blocks;
    {
        std::vector<int> numbers;
        for (int i = 0; i < 1000; i++)
            numbers.push_back(999 - i);
        std::ranges::sort(numbers);
        CHECK(numbers.front() == 0 && numbers.back() == 999);
        std::map<std::string, int> tree;
        std::unordered_map<int, std::string> table;
        for (int i = 0; i < 300; i++) {
            std::string name = "a name that is too long for the small buffer " + std::to_string(i);
            tree[name] = i;
            table[i] = name;
        }
        for (int i = 0; i < 300; i += 2)
            CHECK_EQUAL(tree.erase(table[i]), 1);
        CHECK(tree.size() == 150 && tree.at(table[7]) == 7 && table.size() == 300);
        auto shared = std::make_unique<std::vector<std::string>>(3, "text");
        CHECK(shared->at(2) == "text");
    }
    CHECK_EQUAL(heap::counts().blocks, before);
    volatile std::uint64_t big = 1'000'000'000'000;
    volatile std::int64_t small = -7;
    CHECK(big / 1'000'003 == 999'997 && big % 1'000'003 == 9 && small / 2 == -3 && small % 2 == -1);
}

} // namespace singlet::kern
