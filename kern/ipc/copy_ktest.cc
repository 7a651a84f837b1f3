// Trees that move from the kernel's heap to another and back.
#include "kern/boot/test.hh"
#include "kern/mem/frames.hh"
#include "kern/proc/sip.hh"

namespace singlet::kern {

namespace {

constexpr std::uint16_t kLinks[] = {4, 8};
constinit const ExchangeType kNode{.size = 12,
                                   .owned = kLinks}; // {i32 value; Node left; Node right}
constexpr std::uint32_t kValue = 0, kLeft = 4, kRight = 8;

// Another heap's pages: no more than `left` of them.
struct Pages final : PageSource {
    std::uint32_t left = ~0u;
    Word allocate(std::uint32_t pages) override {
        if (pages > left) return 0;
        Frames run = *Frames::allocate(Zone::Sip, pages, Zeroed::No);
        left -= pages;
        return run.release().raw();
    }
    void free(Word address, std::uint32_t pages) override {
        const Frames gone = Frames::adopt(PhysAddr(address), pages);
    }
};

struct Scene {
    Pages pages;
    std::uint8_t region = exchange_heap().open_region(pages);
    Party party;
    HeapStats before = exchange_heap().stats();

    Scene() { CHECK(region != 0 && exchange_heap().open_account(party, 1u << 20)); }
    ~Scene() {
        exchange_heap().close_account(party);
        exchange_heap().trim();
        exchange_heap().close_region(region);
        CHECK(exchange_heap().stats().blocks == before.blocks);
    }
    // A chain of `length` nodes, the last of which holds a vector, and which nobody holds.
    Block& chain(Word length) {
        Block* below = exchange_heap().new_vector(party, 1, 5000);
        CHECK(below);
        below->data()[4999] = 77;
        std::uint32_t field = kRight;
        for (Word i = 0; i < length; i++) {
            Block* node = exchange_heap().new_struct(party, kNode);
            CHECK(node);
            node->field(kValue) = i;
            exchange_heap().swap_field(party, *node, field, below->address);
            below = node;
            field = kLeft;
        }
        exchange_heap().detach(party, *below);
        return *below;
    }
    // Is it such a chain, in that heap?
    static bool is_chain(Word address, Word length, std::uint8_t region) {
        for (Word i = length; i-- > 0;) {
            auto& node = static_cast<Block&>(owned_at(address));
            if (node.region != region || node.type != &kNode || node.field(kValue) != i)
                return false;
            address = node.field(i ? kLeft : kRight);
        }
        auto& vector = static_cast<Block&>(owned_at(address));
        return vector.region == region && vector.length == 5000 && vector.data()[4999] == 77 &&
               *pointer<Word>(address + 4) == 5000; // as its program sees it
    }
};

} // namespace

KERNEL_TEST(copy_tree) {
    Scene scene;
    Block& root = scene.chain(50);
    const std::uint32_t bytes = root.bytes, copied = exchange_heap().stats().copied;
    Owned* there = exchange_heap().move_to_region(root, scene.region);
    CHECK(there && there != &root && there->bytes == bytes);
    CHECK(Scene::is_chain(there->address, 50, scene.region));
    CHECK(exchange_heap().stats().blocks == scene.before.blocks + 51); // no original is left
    CHECK(exchange_heap().stats().copied == copied + 50 * kNode.size + 5000);
    // Over there, and not here, a program may write into what it owns, and name a block that it does not.
    Block* other = exchange_heap().new_vector(scene.party, 1, 10);
    CHECK(other);
    static_cast<Block&>(*there).field(kRight) = other->address;
    Owned* back = exchange_heap().move_to_region(*there, 0);
    CHECK(back && Scene::is_chain(back->address, 50, 0));
    CHECK(static_cast<Block&>(*back).field(kRight) == 0);
    CHECK(exchange_heap().owned_by(scene.party, other->address) == other);
    CHECK(exchange_heap().move_to_region(*back, 0) == back); // nothing to do
    exchange_heap().destroy(*back);
}

KERNEL_TEST(copy_no_memory) {
    Scene scene;
    Block& root = scene.chain(2000);
    scene.pages.left = 3;
    CHECK(exchange_heap().move_to_region(root, scene.region) == nullptr);
    CHECK(exchange_heap().stats().blocks == scene.before.blocks); // the whole tree is gone
}

} // namespace singlet::kern
