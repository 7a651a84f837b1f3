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
//
// Each tree has one payer, an account that never pays for more than its quota. Who allocates pays;
// who receives takes that over as far as there is room, and where there is none the sender goes on
// paying: nobody can be made to hold more than he said, and no send fails. So that nobody hoards at
// the cost of others, a SIP that holds more than its quota which others pay for receives no more than it
// can pay for itself.
#pragma once
#include "kern/ipc/page_source.hh"
#include "lib/core/list.hh"

namespace singlet::kern {

struct Account;
struct ExchangeType;
class Thread;

enum class OwnedKind : std::uint8_t { Struct, Vector, Endpoint, Set };
enum class Holder : std::uint8_t { Nobody, Party, Block, Message, Set };

struct Owned {
    // What registers hold: a payload's address, or (endpoint, set) this cell's. The word at that
    // address is the address of this cell.
    Word address;
    const void* holder = nullptr; // that Party, Block, Endpoint (whose queue) or Set
    ListLink link;                // in the holder's list; messages have none
    Account* payer = nullptr; // for all bytes of the tree; null: not held as a root, but by a block
    std::uint32_t bytes;      // of itself and of all below it; members and messages are roots
    OwnedKind kind;
    std::uint8_t region = 0; // blocks: which heap the payload lies in
    Holder held_by = Holder::Nobody;

    bool is_block() const { return kind <= OwnedKind::Vector; }
    void hold(Holder kind_of_holder, const void* new_holder) {
        held_by = kind_of_holder;
        holder = new_holder;
    }
};
using OwnedList = List<Owned, &Owned::link>;

/// The cell behind a word that is known to be good: the verifier proved it, or owned_by() checked.
inline Owned& owned_at(Word address) { return *pointer<Owned>(*pointer<Word>(address)); }

/// What is charged for exchange memory. It outlives its SIP until the last thing that it pays for is
/// freed, or taken over by who received it.
struct Account {
    std::uint32_t bytes = 0;   // that it pays for, at most `quota`
    std::uint32_t quota = 0;   // reserved for it, while it is open
    std::uint32_t foreign = 0; // bytes that its SIP holds and others pay for
    bool closed = false;       // the SIP is gone

    std::uint32_t room() const { return quota - bytes; }
    /// Does its SIP hold so much that others pay for that it may be given no more?
    bool hoards() const { return foreign > quota; }
};

/// A SIP as the exchange heap sees it.
struct Party {
    OwnedList owned;
    Account* account = nullptr;
    Thread* thread = nullptr; // the one that runs when the SIP does
    std::uint8_t region = 0;  // the heap it allocates from and can reach
    // <since lab7>
    bool believed = true; // not at CPL 3
    // </since>
};

} // namespace singlet::kern
