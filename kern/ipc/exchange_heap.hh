// The exchange heap: blocks of memory that move between SIPs without being copied. A block is
//
//      payload   {cell, length, data...}  what SIPs see [lib/rt/layout.hh]; data 16-byte aligned
//      Block     its cell: kind, size, holder, children; in kernel memory, where no SIP writes
//
// Small payloads come from slabs of one size class, large ones from runs of pages. A *region* is a
// set of pages with slabs of its own: region 0 is shared by the kernel and all CPL-0 SIPs; each
// CPL-3 domain has another, which is mapped in that domain only. The kernel believes nothing that
// stands in a payload: lengths, children and free lists are in cells.
#pragma once
#include "kern/ipc/cells.hh"
#include "kern/ipc/owned.hh"
#include <array>
#include <optional>
#include <span>

namespace singlet::kern {

/// A struct type, the same object for all modules that declare the same [type_registry.hh].
struct ExchangeType {
    std::uint32_t size;                   // bytes of data
    std::span<const std::uint16_t> owned; // offsets in the data of fields that hold owned things
};

/// A page cut into chunks of one size class.
struct Slab {
    ListLink link; // in its region's list for the class, while a chunk is free
    std::uint64_t free[2] = {};
    Word page;
    std::uint8_t size_class, region;
    std::uint8_t chunks, used = 0;
};

struct Block : Owned {
    OwnedList children;                 // what its owned fields hold
    const ExchangeType* type = nullptr; // Struct
    Slab* slab = nullptr;               // null: a run of pages
    std::uint32_t size = 0;             // bytes of data
    std::uint32_t length = 0;           // elements of a vector, as in the payload
    std::uint32_t footprint = 0;        // bytes of memory

    std::uint8_t* data() const { return pointer<std::uint8_t>(address + rt::kDataOffset); }
    Word& field(std::uint32_t offset) const {
        return *pointer<Word>(address + rt::kDataOffset + offset);
    }
};

struct HeapStats {
    std::uint32_t blocks = 0, endpoints = 0, sets = 0;
    std::uint32_t pages = 0;  // in slabs and runs, all regions
    std::uint32_t copied = 0; // bytes that messages were copied by
};

class ExchangeHeap {
public:
    static constexpr std::uint32_t kRegions = 64;

    /// `most_bytes`: of all quotas together.
    ExchangeHeap(PageSource& cells, std::span<std::uint8_t> page_map,
                 std::uint32_t most_bytes = ~0u);

    /// A region number for `pages`, or 0 when all are in use.
    std::uint8_t open_region(PageSource& pages);
    /// Everything in it must have been freed.
    void close_region(std::uint8_t region);

    /// Reserves the quota. False: so much is not left, or no memory.
    [[nodiscard]] bool open_account(Party& party, std::uint32_t quota_bytes);
    /// Frees all that the party owns, from its own list. Of its quota only what it still pays for
    /// stays reserved.
    void close_account(Party& party);
    std::uint32_t most_bytes() const { return most_bytes_; }
    std::uint32_t reserved_bytes() const { return reserved_bytes_; }

    /// Null: the quota or the memory is used up. The data is zero.
    Block* new_struct(Party& party, const ExchangeType& type);
    Block* new_vector(Party& party, std::uint32_t element_size, std::uint32_t length);

    bool can_charge(const Party& party, std::uint32_t bytes) const {
        return party.account->room() >= bytes;
    }
    /// A new root of `party`, which has room for it.
    void charge(Party& party, Owned& root) {
        root.payer = party.account;
        party.account->bytes += root.bytes;
        link_root(party, root);
    }
    /// Memory of the kernel's own, in region 0; not counted as a block of a SIP.
    Block* kernel_block(std::uint32_t bytes) {
        Block* block = allocate(OwnedKind::Vector, bytes, 0);
        if (block) stats_.blocks--;
        return block;
    }
    void free_kernel_block(Block& block) {
        stats_.blocks++;
        free_memory(block);
    }

    /// Gives up a root of `party`, with all below it.
    void release(Party& party, Owned& root);
    /// Frees what nobody holds.
    void destroy(Owned& root);

    /// Puts `value` (0 or a root of `party`) into the field at `offset` of `party`'s block and
    /// returns what was there, which becomes a root of `party`. Two trees that become one have one
    /// payer: if they had two, it is `party` from now on. Null: it has no room for that, and nothing
    /// has changed.
    std::optional<Word> swap_field(Party& party, Block& block, std::uint32_t offset, Word value);

    /// Root of `party` -> held by nobody, and paid for as before.
    void detach(Party& party, Owned& root) {
        leave(party, root);
        root.hold(Holder::Nobody, nullptr);
    }
    /// A root off its party's list, on its way to another holder.
    void leave(Party& party, Owned& root) {
        root.link.unlink();
        if (root.payer != party.account) [[unlikely]]
            party.account->foreign -= root.bytes;
    }
    /// Held by nobody or a message -> root of `party`, which pays from now on if it has room; if not, it
    /// holds what others pay for.
    void attach(Party& party, Owned& root) {
        link_root(party, root);
        Account& account = *party.account;
        if (root.payer == &account) return;
        // <lab5:quota account>
        if (account.room() < root.bytes) [[unlikely]]
            account.foreign += root.bytes;
        else
            pay(account, root);
        // </lab5:quota>
    }

    /// The root of `party` behind an arbitrary word, or null: for callers at CPL 3.
    Owned* owned_by(const Party& party, Word address) {
        return checked(&party, party.region, address);
    }

    /// The tree at `root`, which nobody holds, in `region`: itself, or a deep copy whose original is
    /// freed. Null: there was no memory, and the tree is gone. [copy.cc]
    Owned* move_to_region(Owned& root, std::uint8_t region);

    /// The region that the page belongs to; 0 if to none of those opened.
    std::uint8_t region_at(Word page) const {
        const std::uint8_t what = map_.at(page);
        return what > PageMap::kFirstRegion ? what - PageMap::kFirstRegion : 0;
    }

    CellPool& cells() { return cells_; }
    HeapStats& stats() { return stats_; }
    /// Gives unused pages back.
    void trim();

private:
    friend class TreeCopy;
    static constexpr std::uint32_t kClasses = 7;
    struct Region {
        PageSource* pages = nullptr;
        List<Slab, &Slab::link> partial[kClasses];
    };

    void link_root(Party& party, Owned& root) {
        party.owned.push_back(root);
        root.hold(Holder::Party, &party);
    }
    /// `account` pays for the root, instead of who did.
    void pay(Account& account, Owned& root) {
        discharge(*root.payer, root.bytes);
        root.payer = &account;
        account.bytes += root.bytes;
    }
    void discharge(Account& account, std::uint32_t bytes) {
        account.bytes -= bytes;
        if (account.closed) [[unlikely]]
            settle(account);
    }
    void settle(Account& account);
    void release_roots(Party& party);
    bool unite(Party& party, Block& block, Owned& value);

    Owned* checked(const void* holder, std::uint8_t region, Word address);
    Block* allocate(OwnedKind kind, std::uint32_t size, std::uint8_t region);
    bool take_chunk(Block& block, std::uint32_t size_class, std::uint8_t region);
    bool take_run(Block& block, std::uint32_t size, std::uint8_t region);
    void free_memory(Block& block);
    Slab* new_slab(std::uint32_t size_class, std::uint8_t region);
    void free_slab(Slab& slab);
    Block* admit(Party& party, Block* block);

    PageMap map_;
    CellPool cells_;
    std::array<Region, kRegions> regions_{};
    HeapStats stats_;
    std::uint32_t most_bytes_, reserved_bytes_ = 0; // of quotas
};

} // namespace singlet::kern
