// Deep copies, for messages between heaps. A tree is walked breadth first: each block of the
// original gets a twin in the other heap, and waits in a list, its `holder` naming the twin, until
// its children have got theirs. Endpoints are kernel objects and only move; but what waits in their
// queues must be in the kernel's heap, since nobody knows from which domain it will be read.
#include "kern/ipc/channel.hh"
#include <bit>
#include <cstring>
#include <utility>

namespace singlet::kern {

// <since lab7>
class TreeCopy {
public:
    explicit TreeCopy(ExchangeHeap& heap) : heap_(heap) {}

    Owned* copy(Owned& root, std::uint8_t region) {
        Owned* twin = start(root, region);
        while (Owned* original = waiting_.pop_front())
            finish(*original);
        if (!failed_) return twin;
        if (twin) heap_.destroy(*twin);
        return nullptr;
    }

private:
    // What `item`, which is in no list, is in the other heap. Null: no memory; the item is gone.
    Owned* start(Owned& item, std::uint8_t region) {
        if (item.is_block())
            return item.region == region ? &item : start_block(static_cast<Block&>(item), region);
        waiting_.push_back(item);
        return &item;
    }

    // An empty twin's cell and payload made like the original's; the original waits with the twin for a holder. Without memory the
    // copy has failed, and the original goes.
    Owned* start_block(Block& original, std::uint8_t region) {
        // <lab7:copy original, region>
        Block* twin = heap_.allocate(original.kind, original.size, region);
        if (!twin) {
            failed_ = true;
            heap_.destroy(original);
            return nullptr;
        }
        twin->type = original.type;
        twin->length = original.length;
        twin->bytes = original.bytes; // the sizes are the same in every heap
        twin->payer = std::exchange(original.payer, nullptr);
        *pointer<Word>(twin->address + 4) = original.length;
        std::memcpy(twin->data(), original.data(), original.size);
        heap_.stats().copied += original.size;
        original.holder = twin;
        waiting_.push_back(original);
        return twin;
        // </lab7:copy>
    }

    void finish(Owned& item) {
        if (item.kind == OwnedKind::Endpoint)
            finish_queue(static_cast<Endpoint&>(item));
        else
            finish_block(static_cast<Block&>(item));
    }

    // The owned fields of a twin hold copies of their bits. What the original really owns there comes along; any other word is a
    // program's scribble, and becomes 0. Then the original goes.
    void finish_block(Block& original) {
        // <lab7:copy original>
        auto& twin = *static_cast<Block*>(const_cast<void*>(original.holder));
        for (std::uint16_t offset :
             twin.type ? twin.type->owned : std::span<const std::uint16_t>()) {
            Word& field = twin.field(offset);
            Owned* child = field ? heap_.checked(&original, original.region, field) : nullptr;
            field = 0;
            if (!child) continue;
            child->link.unlink();
            Owned* moved = start(*child, twin.region);
            if (!moved) continue;
            adopt(twin, *moved);
            field = moved->address;
        }
        heap_.destroy(original);
        // </lab7:copy>
    }

    // An endpoint on the waiting list has its link in use: it joins its holder when it leaves.
    void adopt(Block& twin, Owned& child) {
        child.hold(Holder::Block, &twin);
        if (child.kind == OwnedKind::Endpoint) return;
        twin.children.push_back(child);
    }

    void finish_queue(Endpoint& endpoint) {
        for (std::uint32_t i = 0; i < endpoint.count; i++) {
            Slot& slot = endpoint.slot((endpoint.head + i) % endpoint.capacity);
            std::uint32_t left = endpoint.form_of(slot).owned;
            for (; left; left &= left - 1) {
                Word& cell = slot.words[std::countr_zero(left)];
                if (!cell) continue;
                Owned* moved = start(*pointer<Owned>(cell), 0);
                cell = moved ? word(moved) : 0;
                if (moved) moved->hold(Holder::Message, &endpoint);
            }
        }
        if (endpoint.held_by != Holder::Block) return;
        auto& block = *static_cast<Block*>(const_cast<void*>(endpoint.holder));
        block.children.push_back(endpoint);
    }

    ExchangeHeap& heap_;
    OwnedList waiting_;
    bool failed_ = false;
};
// </since>

Owned* ExchangeHeap::move_to_region(Owned& root, std::uint8_t region) {
    // <since lab7 = return region ? nullptr : &root; // there is one heap>
    if (root.is_block() && root.region == region) return &root;
    return TreeCopy(*this).copy(root, region);
    // </since>
}

} // namespace singlet::kern
