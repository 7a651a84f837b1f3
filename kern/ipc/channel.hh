// Channels [ES06]: two endpoints, each with a queue for what its peer has sent and it has not yet
// received. The contract bounds both queues, so all slots are there from the start: a send never
// waits, allocates or fails. Messages to a closed peer vanish; ChannelClosed comes after what was
// queued. All of this runs with interrupts off, and knows threads only by wake() and wait().
//
// No endpoint ever lies in its own queue, itself or inside something, where nobody could reach it any
// more [BP12]: the verifier lets an endpoint into a message only in a state in which its own queue is
// empty and stays so [handouts/verifier.md, contract.handover]. At CPL 3, fits_send() looks itself.
//
//        importer ---- slots of the exporter ---> exporter
//                 <--- slots of the importer ----
#pragma once
#include "kern/ipc/exchange_heap.hh"

namespace singlet::kern {

/// A contract, the same object for all modules that declare the same [registry.hh].
struct Contract {
    struct Message {
        std::uint8_t words = 0; // of arguments: an i64 is two
        bool to_exporter = false;
        std::uint16_t owned = 0; // bit i: word i is an owned thing
    };
    std::span<const Message> messages;
    std::uint16_t bound[2] = {};     // most messages in the queue of the importer, the exporter
    std::uint8_t slot_words[2] = {}; // most words of a message to the importer, the exporter
};

struct Slot {
    std::uint16_t message;
    Word words[]; // for an owned thing the address of its cell, which no SIP can write
};

struct Endpoint : Owned {
    std::uint8_t side = 0; // verifier::Side
    const Contract* contract = nullptr;
    Endpoint* peer = nullptr; // null once it is closed
    std::uint8_t* slots = nullptr;
    std::uint16_t head = 0, count = 0;
    std::uint16_t capacity = 0, stride = 0; // slots, bytes of a slot
    Thread* waiter = nullptr;               // waits in a select on this endpoint
    ListLink ready;                         // in its set's list
    Block* memory = nullptr;                // of the slots of both ends; goes with the last

    bool peer_closed() const { return !peer; }
    bool has_news() const { return count || peer_closed(); }
    void drop_head() { // the message leaves the queue; its slot stays as it is
        if (++head == capacity) head = 0;
        count--;
    }
    Slot& slot(std::uint32_t i) const { return *reinterpret_cast<Slot*>(slots + i * stride); }
    const Contract::Message& form_of(const Slot& slot) const {
        return contract->messages[slot.message];
    }
};

struct EndpointSet : Owned {
    OwnedList members;
    List<Endpoint, &Endpoint::ready> ready; // members that have news
    Thread* waiter = nullptr;
    const Contract* serves = nullptr; // a listener: each new client's peer becomes a member
    ListLink listening;               // in the list of listeners, for as long as the set lives
};
static_assert(sizeof(Endpoint) <= kCellSize && sizeof(Block) <= kCellSize &&
              sizeof(EndpointSet) <= kCellSize && sizeof(Slab) <= kCellSize);

/// Defined by whoever links. wake: `thread` may run again. wait: the running thread waits to be
/// woken, and that of `peer`, if it is not null and can run, runs at once.
void wake(Thread& thread);
void wait(Party& self, Party* peer);
// <since lab7>
/// For who is not believed, after a wait: other threads of the SIP may have given away what these name.
/// Returns if all of them are endpoints and sets of `self` still.
void look_again(Party& self, std::span<const Word> operands);
// </since>

/// ends[0] imports, ends[1] exports; both are roots of `party`. False: quota or memory used up.
[[nodiscard]] bool create_channel(ExchangeHeap& heap, Party& party, const Contract& contract,
                                  Endpoint* ends[2]);

/// Sends with `words` as the contract says. False: a deep copy found no memory (CPL 3 only); then
/// the message and what it owned are gone.
[[nodiscard]] bool send(ExchangeHeap& heap, Party& sender, Endpoint& endpoint,
                        std::uint32_t message, const Word* words);

/// Bytes of what a message owns and others than `account` pay for now; its words are those of a slot.
std::uint32_t foreign_bytes(const Account& account, const Contract::Message& form,
                            const Word* words);
/// The same of the head of the queue. There is one.
inline std::uint32_t foreign_bytes(const Party& receiver, const Endpoint& endpoint) {
    const Slot& slot = endpoint.slot(endpoint.head);
    const Contract::Message& form = endpoint.form_of(slot);
    return form.owned ? foreign_bytes(*receiver.account, form, slot.words) : 0;
}
/// May `receiver` take the head of the queue? Who hoards takes only what it can pay for.
[[nodiscard]] inline bool may_receive(const Party& receiver, const Endpoint& endpoint) {
    return !receiver.account->hoards() ||
           foreign_bytes(receiver, endpoint) <= receiver.account->room();
}
/// The head of the queue to `words`; what it owns becomes `receiver`'s, which may take it. False: no
/// memory for a copy (CPL 3 only); then it is gone, in part.
[[nodiscard]] bool receive(ExchangeHeap& heap, Party& receiver, Endpoint& endpoint, Word* words);
/// What is left to do for a message that owns something, whose `words` were taken out of its slot.
[[nodiscard]] bool receive_owned(ExchangeHeap& heap, Party& receiver, const Contract::Message& form,
                                 Word* words);
inline bool receive(ExchangeHeap& heap, Party& receiver, Endpoint& endpoint, Word* words) {
    const Slot& slot = endpoint.slot(endpoint.head);
    const Contract::Message& form = endpoint.form_of(slot);
    for (std::uint32_t i = 0; i < form.words; i++)
        words[i] = slot.words[i];
    endpoint.drop_head();
    return !form.owned || receive_owned(heap, receiver, form, words);
}

/// Frees an endpoint that nobody holds; what its queue owned is put on `orphans`.
void close_endpoint(ExchangeHeap& heap, Endpoint& endpoint, OwnedList& orphans);

EndpointSet* new_set(ExchangeHeap& heap, Party& party);
/// `endpoint` is a root of `party`, and so is the set.
void add_to_set(Party& party, EndpointSet& set, Endpoint& endpoint);
/// A member that has news, which becomes a root of `party`; null if there is none.
Endpoint* take_from_set(Party& party, EndpointSet& set);

/// The SIP that reads from `owned`, itself or through a set; null when it is inside something.
inline Party* party_of(const Owned& owned) {
    const Owned* root = &owned;
    if (root->held_by == Holder::Set) root = static_cast<const EndpointSet*>(root->holder);
    return root->held_by == Holder::Party ? static_cast<Party*>(const_cast<void*>(root->holder))
                                          : nullptr;
}

/// Is `item` the same as `root`, or inside it, however deep? Looks upwards: hardly ever more than one
/// step.
inline bool holds(const Owned& root, const Owned& item) {
    const Owned* at = &item;
    while (at != &root && at->held_by != Holder::Party && at->held_by != Holder::Nobody)
        at = static_cast<const Owned*>(at->holder);
    return at == &root;
}

} // namespace singlet::kern
