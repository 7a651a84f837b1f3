#include "kern/ipc/exchange_heap.hh"

#include "kern/ipc/ipc_test_world.hh"
#include <doctest/doctest.h>

namespace singlet::kern::test {

namespace {

constexpr std::uint16_t kLinks[] = {4, 8};
const ExchangeType kNode{.size = 12, .owned = kLinks}; // {i32 value; Node left; Node right}
constexpr std::uint32_t kValue = 0, kLeft = 4, kRight = 8;

struct HeapTest : World {
    HeapTest() { REQUIRE(heap->open_account(party, 1 << 20)); }
    ~HeapTest() {
        if (party.account) heap->close_account(party);
        heap->trim();
        CHECK(pages_in_use() == 0);
        CHECK(heap->stats().blocks == 0);
    }
    Party party;
};

// A chain of n nodes, its root owned by the party.
Block* chain(ExchangeHeap& heap, Party& party, int n) {
    Block* below = nullptr;
    for (int i = 0; i < n; i++) {
        Block* node = heap.new_struct(party, kNode);
        node->field(kValue) = static_cast<Word>(i);
        if (below) CHECK(heap.swap_field(party, *node, kLeft, below->address) == 0);
        below = node;
    }
    return below;
}

} // namespace

TEST_CASE_FIXTURE(HeapTest, "a block is zero, aligned, and found by its payload's first word") {
    for (std::uint32_t size : {0u, 1u, 24u, 25u, 2024u, 2025u, 5000u}) {
        Block* block = heap->new_vector(party, 1, size);
        REQUIRE(block);
        CHECK(word(block->data()) % 16 == 0);
        CHECK(*pointer<Word>(block->address + 4) == size);
        CHECK(&owned_at(block->address) == block);
        for (std::uint32_t i = 0; i < size; i++)
            REQUIRE(block->data()[i] == 0);
        std::memset(block->data(), 0xff, size);
        heap->release(party, *block);
    }
    CHECK(party.account->bytes == 0);
}

TEST_CASE_FIXTURE(HeapTest, "an account never pays for more than its quota") {
    CHECK(heap->new_vector(party, 1, 2 << 20) == nullptr);
    CHECK(heap->new_vector(party, 8, 0xffffffff) == nullptr);
    int blocks = 0;
    while (heap->new_vector(party, 1, 4000))
        blocks++;
    CHECK(blocks == (1 << 20) / (4096 + kCellSize));
    CHECK(party.account->bytes <= party.account->quota);
}

TEST_CASE_FIXTURE(HeapTest, "no memory: null, and nothing has changed") {
    sources[0]->limit = sources[0]->in_use + 2;
    while (heap->new_vector(party, 1, 4000)) {
    }
    std::uint32_t bytes = party.account->bytes;
    CHECK(heap->new_vector(party, 1, 4000) == nullptr);
    CHECK(party.account->bytes == bytes);
}

TEST_CASE_FIXTURE(HeapTest, "swapping a field moves a tree in and out, with its bytes") {
    Block* parent = heap->new_struct(party, kNode);
    Block* child = chain(*heap, party, 3);
    std::uint32_t alone = parent->bytes, below = child->bytes;
    CHECK(heap->swap_field(party, *parent, kRight, child->address) == 0);
    CHECK(parent->bytes == alone + below);
    CHECK(child->holder == parent);
    CHECK(heap->owned_by(party, child->address) == nullptr);
    CHECK(heap->swap_field(party, *parent, kRight, 0) == child->address);
    CHECK(parent->bytes == alone);
    CHECK(heap->owned_by(party, child->address) == child);
}

TEST_CASE_FIXTURE(HeapTest,
                  "two trees that others pay for become one only if there is room for both") {
    Party poor;
    REQUIRE(heap->open_account(poor, 8192));
    Block *mine = heap->new_struct(poor, kNode), *theirs = heap->new_struct(party, kNode);
    Block* large = heap->new_vector(party, 1, 12000);
    for (Block* given : {theirs, large}) {
        heap->detach(party, *given);
        heap->attach(poor, *given);
    }
    CHECK(theirs->payer == poor.account);
    CHECK(large->payer == party.account);
    CHECK(poor.account->foreign == large->bytes);
    std::uint32_t before = poor.account->bytes;
    CHECK(!heap->swap_field(poor, *mine, kRight, large->address));
    CHECK(poor.account->bytes == before);
    CHECK(heap->owned_by(poor, large->address) == large);
    CHECK(heap->swap_field(poor, *mine, kRight, theirs->address) == 0);
    CHECK(poor.account->bytes == before);
    poor.account->quota += 16384;
    CHECK(heap->swap_field(poor, *mine, kLeft, large->address) == 0);
    CHECK(poor.account->foreign == 0);
    CHECK(poor.account->bytes == mine->bytes);
    CHECK(party.account->bytes == 0);
    CHECK(heap->swap_field(poor, *mine, kLeft, 0) == large->address);
    CHECK(large->payer == poor.account);
    poor.account->quota -= 16384;
    heap->release(poor, *large);
    heap->close_account(poor);
}

TEST_CASE("no more is promised than there is") {
    World world;
    ExchangeHeap heap(*world.sources[0], world.map, 100000);
    Party a, b;
    CHECK(!heap.open_account(a, 100001));
    REQUIRE(heap.open_account(a, 60000));
    CHECK(!heap.open_account(b, 40001));
    REQUIRE(heap.open_account(b, 40000));
    CHECK(heap.reserved_bytes() == 100000);
    Block* block = heap.new_vector(a, 1, 45000); // more than b has room for
    heap.detach(a, *block);
    heap.attach(b, *block);
    heap.close_account(a); // pays on for what b holds, and for no more
    CHECK(heap.reserved_bytes() == 40000 + block->bytes);
    heap.release(b, *block);
    CHECK(heap.reserved_bytes() == 40000);
    heap.close_account(b);
    CHECK(heap.reserved_bytes() == 0);
    heap.trim();
    CHECK(heap.cells().used() == 0);
}

TEST_CASE_FIXTURE(HeapTest, "a deep tree is freed with its root, without recursion") {
    Party rich;
    REQUIRE(heap->open_account(rich, 64 << 20));
    REQUIRE(chain(*heap, rich, 20000));
    CHECK(heap->stats().blocks == 20000);
    heap->close_account(rich);
    CHECK(heap->stats().blocks == 0);
}

TEST_CASE_FIXTURE(HeapTest, "only addresses of the party's own roots are taken for them") {
    Party other;
    REQUIRE(heap->open_account(other, 1 << 20));
    Block* mine = heap->new_struct(party, kNode);
    Block* theirs = heap->new_struct(other, kNode);
    CHECK(heap->owned_by(party, mine->address) == mine);
    for (Word bad : {0u, 1u, 4u, mine->address + 4, mine->address + 8, word(mine), word(mine) + 8,
                     theirs->address, word(theirs), 0xfffffffcu, base, base + 64, base - 4096}) {
        CHECK(heap->owned_by(party, bad) == nullptr);
    }
    // A forged header, inside a block of one's own.
    mine->field(kLeft) = word(mine);
    CHECK(heap->owned_by(party, mine->address + rt::kDataOffset + kLeft) == nullptr);
    mine->field(kLeft) = 0;
    heap->close_account(other);
}

// <since lab7>
TEST_CASE_FIXTURE(HeapTest,
                  "a tree moves to another heap with its contents; the original is gone") {
    std::uint8_t region = heap->open_region(*sources[1]);
    Block* root = chain(*heap, party, 500);
    Block* vector = heap->new_vector(party, 1, 5000);
    vector->data()[4999] = 77;
    heap->swap_field(party, *root, kRight, vector->address);
    std::uint32_t bytes = root->bytes;
    heap->detach(party, *root);
    auto* copy = static_cast<Block*>(heap->move_to_region(*root, region));
    REQUIRE(copy);
    CHECK(copy->bytes == bytes);
    CHECK(heap->stats().blocks == 501);
    heap->attach(party, *copy);
    Block* below = static_cast<Block*>(&owned_at(copy->field(kRight)));
    CHECK(below->data()[4999] == 77);
    CHECK(*pointer<Word>(below->address + 4) == 5000);
    int depth = 0;
    for (Word at = copy->address; at; at = static_cast<Block&>(owned_at(at)).field(kLeft)) {
        CHECK(owned_at(at).region == region);
        depth++;
    }
    CHECK(depth == 500);
    heap->close_account(party);
    heap->close_region(region);
}

TEST_CASE_FIXTURE(HeapTest, "a tree for which the other heap has no room is gone, whole") {
    std::uint8_t region = heap->open_region(*sources[1]);
    sources[1]->limit = 3;
    Block* root = chain(*heap, party, 2000);
    heap->detach(party, *root);
    CHECK(heap->move_to_region(*root, region) == nullptr);
    CHECK(heap->stats().blocks == 0);
    heap->close_region(region);
}

TEST_CASE_FIXTURE(HeapTest, "fields that the SIP scribbled on are not followed") {
    std::uint8_t region = heap->open_region(*sources[1]);
    party.region = region;
    Block* root = chain(*heap, party, 3);
    root->field(kRight) = root->field(kLeft); // the same child twice
    static_cast<Block&>(owned_at(root->field(kLeft))).field(kRight) = 0x1234; // nonsense
    heap->detach(party, *root);
    auto* copy = static_cast<Block*>(heap->move_to_region(*root, 0));
    CHECK(copy->field(kLeft) != 0);
    CHECK(copy->field(kRight) == 0);
    CHECK(heap->stats().blocks == 3);
    heap->destroy(*copy);
    heap->close_account(party);
    heap->close_region(region);
}
// </since>

} // namespace singlet::kern::test
