#include "kern/ipc/channel.hh"

#include "lib/core/assert.hh"
#include <bit>
#include <cstring>

namespace singlet::kern {

namespace {

constexpr std::uint32_t stride_of(const Contract& contract, std::size_t side) {
    std::uint32_t bytes = sizeof(Slot) + contract.slot_words[side] * sizeof(Word);
    return (bytes + alignof(Slot) - 1) / alignof(Slot) * alignof(Slot);
}

// `endpoint` has a message, or its peer has closed.
inline void announce(Endpoint& endpoint) {
    if (Thread* waiter = endpoint.waiter) {
        endpoint.waiter = nullptr;
        wake(*waiter);
    } else if (endpoint.held_by == Holder::Set && !endpoint.ready.linked()) {
        auto& set = *static_cast<EndpointSet*>(const_cast<void*>(endpoint.holder));
        set.ready.push_back(endpoint);
        if (Thread* waiting = set.waiter) {
            set.waiter = nullptr;
            wake(*waiting);
        }
    }
}

/// What an owned word of a slot stands for, which is not 0.
Owned& cell_at(Word word) { return *pointer<Owned>(word); }

template <class F>
void for_each_owned(const Contract::Message& message, F each) {
    for (std::uint32_t left = message.owned; left; left &= left - 1)
        each(std::countr_zero(left));
}

void release_all(ExchangeHeap& heap, Party& sender, const Contract::Message& form,
                 const Word* words) {
    for_each_owned(form, [&](int i) {
        if (words[i]) heap.release(sender, owned_at(words[i]));
    });
}

// Takes the owned things of a message from the sender. With `copy` they are moved to the kernel's
// heap, while the sender's is still within reach. False: no memory, and all of them are gone.
bool hand_over(ExchangeHeap& heap, Party& sender, Endpoint& to, const Contract::Message& form,
               Slot& slot, [[maybe_unused]] bool copy) {
    bool whole = true;
    for_each_owned(form, [&](int i) {
        if (!slot.words[i]) return;
        Owned* root = &owned_at(slot.words[i]);
        // <lab5:send sender, root>
        heap.leave(sender, *root);
        // </lab5:send>
        // Nobody has it now.
        // <since lab7>
        if (copy) [[unlikely]] {
            root = heap.move_to_region(*root, 0);
            if (!root) {
                slot.words[i] = 0;
                return void(whole = false);
            }
        }
        // </since>
        root->hold(Holder::Message, &to);
        slot.words[i] = word(root);
    });
    if (whole) [[likely]]
        return true;
    for_each_owned(form, [&](int i) {
        if (slot.words[i]) heap.destroy(cell_at(slot.words[i]));
    });
    return false;
}

// The message in the slot behind those that wait, and that slot: `count` does not include it yet. The
// slots are a ring.
inline Slot& fill_slot(Endpoint& to, const Contract::Message& form, std::uint32_t message,
                       const Word* words) {
    // <lab5:send to, form, message, words>
    std::uint32_t tail = to.head + to.count;
    if (tail >= to.capacity) tail -= to.capacity;
    Slot& slot = to.slot(tail);
    slot.message = static_cast<std::uint16_t>(message);
    for (std::uint32_t i = 0; i < form.words; i++)
        slot.words[i] = words[i];
    return slot;
    // </lab5:send>
}

} // namespace

bool create_channel(ExchangeHeap& heap, Party& party, const Contract& contract, Endpoint* ends[2]) {
    std::uint32_t stride[2] = {stride_of(contract, 0), stride_of(contract, 1)};
    std::uint32_t bytes = contract.bound[0] * stride[0] + contract.bound[1] * stride[1];
    Block* memory = heap.kernel_block(bytes);
    if (!memory) return false;
    std::uint32_t charge = (memory->footprint + kCellSize) / 2 + kCellSize;
    bool affordable = heap.can_charge(party, 2 * charge);
    ends[0] = affordable ? heap.cells().create<Endpoint>() : nullptr;
    ends[1] = ends[0] ? heap.cells().create<Endpoint>() : nullptr;
    if (!ends[1]) {
        if (ends[0]) heap.cells().destroy(*ends[0]);
        heap.free_kernel_block(*memory);
        return false;
    }
    std::uint8_t* slots = memory->data();
    for (std::size_t side = 0; side < 2; side++) {
        Endpoint& end = *ends[side];
        end.address = word(&end);
        end.kind = OwnedKind::Endpoint;
        end.bytes = charge;
        end.contract = &contract;
        end.peer = ends[1 - side];
        end.slots = slots;
        end.capacity = contract.bound[side];
        end.stride = static_cast<std::uint16_t>(stride[side]);
        end.memory = memory;
        end.side = static_cast<std::uint8_t>(side);
        slots += end.capacity * end.stride;
        heap.charge(party, end);
        heap.stats().endpoints++;
    }
    return true;
}

bool send(ExchangeHeap& heap, Party& sender, Endpoint& endpoint, std::uint32_t message,
          const Word* words) {
    const Contract::Message& form = endpoint.contract->messages[message];
    Endpoint* to = endpoint.peer;
    if (!to) [[unlikely]] {
        release_all(heap, sender, form, words);
        return true;
    }
    ASSERT(to->count < to->capacity); // the contract's bound
    Slot& slot = fill_slot(*to, form, message, words);
    if (form.owned) {
        bool copy = false;
        if (sender.region) [[unlikely]] {
            Party* reader = party_of(*to);
            copy = !(reader && reader->region == sender.region);
        }
        if (!hand_over(heap, sender, *to, form, slot, copy)) return false;
    }
    to->count++;
    announce(*to);
    return true;
}

std::uint32_t foreign_bytes(const Account& account, const Contract::Message& form,
                            const Word* words) {
    // <lab5:quota account, form, words>
    std::uint32_t foreign = 0;
    for_each_owned(form, [&](int word) {
        const Owned* root = words[word] ? &cell_at(words[word]) : nullptr;
        if (root && root->payer != &account) foreign += root->bytes;
    });
    return foreign;
    // </lab5:quota>
}

bool receive_owned(ExchangeHeap& heap, Party& receiver, const Contract::Message& form,
                   Word* words) {
    bool whole = true;
    for_each_owned(form, [&](int i) {
        if (!words[i]) return;
        Owned* root = &cell_at(words[i]);
        // <since lab7>
        if (receiver.region) root = heap.move_to_region(*root, receiver.region);
        // </since>
        words[i] = root ? root->address : 0;
        if (root)
            heap.attach(receiver, *root);
        else
            whole = false;
    });
    return whole;
}

void close_endpoint(ExchangeHeap& heap, Endpoint& endpoint, OwnedList& orphans) {
    for (; endpoint.count; endpoint.drop_head()) {
        Slot& slot = endpoint.slot(endpoint.head);
        for_each_owned(endpoint.form_of(slot), [&](int i) {
            if (slot.words[i]) orphans.push_back(cell_at(slot.words[i]));
        });
    }
    endpoint.ready.unlink();
    if (Endpoint* peer = endpoint.peer) {
        peer->peer = nullptr;
        announce(*peer);
    } else {
        heap.free_kernel_block(*endpoint.memory);
    }
    heap.stats().endpoints--;
    heap.cells().destroy(endpoint);
}

EndpointSet* new_set(ExchangeHeap& heap, Party& party) {
    if (!heap.can_charge(party, kCellSize)) return nullptr;
    auto* set = heap.cells().create<EndpointSet>();
    if (!set) return nullptr;
    set->address = word(set);
    set->kind = OwnedKind::Set;
    set->bytes = kCellSize;
    heap.charge(party, *set);
    heap.stats().sets++;
    return set;
}

void add_to_set([[maybe_unused]] Party& party, EndpointSet& set, Endpoint& endpoint) {
    ASSERT(endpoint.holder == &party);
    endpoint.link.unlink();
    endpoint.hold(Holder::Set, &set);
    set.members.push_back(endpoint);
    if (endpoint.has_news()) announce(endpoint);
}

Endpoint* take_from_set(Party& party, EndpointSet& set) {
    Endpoint* endpoint = set.ready.pop_front();
    if (!endpoint) return nullptr;
    endpoint->link.unlink();
    party.owned.push_back(*endpoint);
    endpoint->hold(Holder::Party, &party);
    return endpoint;
}

} // namespace singlet::kern
