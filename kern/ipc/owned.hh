// Ownership is a forest [design 3]. Everything in the exchange heap is described by a cell that
// begins with Owned, and each has exactly one holder:
//
//      Party (a SIP)  -- owned ------>  block -- children -->  block, endpoint
//      Endpoint       -- slots ------>  block, endpoint            (a queued message's arguments)
//      Set            -- members ---->  endpoint
//      Party (DMA)    -- owned ------>  block                      (under a transfer)
//
// To send a tree relinks its root, however deep it is, and what a dead SIP owned is found from its
// own list. A SIP only ever names roots that it owns: what is inside a tree must be swapped out
// first. Therefore a tree cannot change below its root, and `bytes`, the sum over the tree by which
// quotas are kept, costs O(1) as well.
#pragma once
#include "kern/ipc/page_source.hh"
#include "lib/core/list.hh"

namespace singlet::kern {

struct ExchangeType;

enum class OwnedKind : std::uint8_t { Struct, Vector, Endpoint, Set };
enum class Holder : std::uint8_t { Nobody, Party, Block, Message, Set };

struct Owned {
    // What registers hold: a payload's address, or (endpoint, set) this cell's. The word at that
    // address is the address of this cell.
    Word address;
    OwnedKind kind;
    std::uint8_t region = 0; // blocks: which heap the payload lies in
    Holder held_by = Holder::Nobody;
    const void* holder = nullptr; // that Party, Block, Endpoint (whose queue) or Set
    ListLink link;                // in the holder's list; messages have none
    std::uint32_t bytes;          // of itself and of all below it

    bool is_block() const { return kind <= OwnedKind::Vector; }
    void hold(Holder kind_of_holder, const void* new_holder) {
        held_by = kind_of_holder;
        holder = new_holder;
    }
};
using OwnedList = List<Owned, &Owned::link>;

/// The cell behind a word that is known to be good: the verifier proved it, or owned_by() checked.
inline Owned& owned_at(Word address) { return *pointer<Owned>(*pointer<Word>(address)); }

/// What is charged for exchange memory. It outlives its SIP until the last message that the SIP
/// left in a queue is received or freed.
struct Account {
    std::uint32_t bytes = 0;
    std::uint32_t quota = 0;
    bool closed = false; // the SIP is gone
};

/// A SIP as the exchange heap sees it.
struct Party {
    OwnedList owned;
    Account* account = nullptr;
    std::uint8_t region = 0; // the heap it allocates from and can reach
};

} // namespace singlet::kern
