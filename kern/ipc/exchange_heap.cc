#include "kern/ipc/exchange_heap.hh"

#include "kern/ipc/channel.hh"
#include "lib/core/assert.hh"
#include <bit>
#include <cstring>

namespace singlet::kern {

namespace {

// Chunks start 8 bytes into their page, so that data, 8 further on, is 16-byte aligned.
constexpr std::uint32_t kFirstChunk = 8;
constexpr std::array<std::uint32_t, 7> kChunkSizes = {32, 64, 128, 256, 512, 1024, 2032};
constexpr std::uint32_t kMaximumData = 1u << 29;

std::uint32_t class_of(std::uint32_t chunk_size) {
    std::uint32_t c = 0;
    while (c < kChunkSizes.size() && kChunkSizes[c] < chunk_size)
        c++;
    return c;
}
std::uint32_t run_pages(std::uint32_t data_size) {
    return (kFirstChunk + rt::kDataOffset + data_size + kExchangePage - 1) / kExchangePage;
}

} // namespace

ExchangeHeap::ExchangeHeap(PageSource& cells, std::span<std::uint8_t> page_map,
                           std::uint32_t most_bytes)
    : cells_(cells, map_), most_bytes_(most_bytes) {
    map_.use(page_map);
    regions_[0].pages = &cells;
}

std::uint8_t ExchangeHeap::open_region(PageSource& pages) {
    for (std::uint8_t r = 1; r < kRegions; r++) {
        if (regions_[r].pages) continue;
        regions_[r].pages = &pages;
        return r;
    }
    return 0;
}

void ExchangeHeap::close_region(std::uint8_t region) {
    trim();
    for (auto& partial : regions_[region].partial)
        ASSERT(partial.empty());
    regions_[region].pages = nullptr;
}

bool ExchangeHeap::open_account(Party& party, std::uint32_t quota_bytes) {
    if (quota_bytes > most_bytes_ - reserved_bytes_) return false;
    party.account = cells_.create<Account>();
    if (!party.account) return false;
    party.account->quota = quota_bytes;
    reserved_bytes_ += quota_bytes;
    return true;
}

void ExchangeHeap::close_account(Party& party) {
    if (!party.owned.empty()) release_roots(party);
    party.account->closed = true;
    settle(*party.account);
    party.account = nullptr;
}

// One after the other, until its list is empty.
void ExchangeHeap::release_roots(Party& party) {
    // <lab5:cleanup party>
    while (Owned* root = party.owned.first())
        release(party, *root);
    // </lab5:cleanup>
}

// A closed account keeps no more reserved than it pays for.
void ExchangeHeap::settle(Account& account) {
    reserved_bytes_ -= account.room();
    account.quota = account.bytes;
    if (!account.bytes) cells_.destroy(account);
}

Block* ExchangeHeap::new_struct(Party& party, const ExchangeType& type) {
    Block* block = allocate(OwnedKind::Struct, type.size, party.region);
    if (block) block->type = &type;
    return admit(party, block);
}

Block* ExchangeHeap::new_vector(Party& party, std::uint32_t element_size, std::uint32_t length) {
    if (length > kMaximumData / element_size) return nullptr;
    std::uint32_t size = element_size * length;
    if (size > party.account->quota) return nullptr; // do not zero what will be refused
    Block* block = allocate(OwnedKind::Vector, size, party.region);
    if (block) *pointer<Word>(block->address + 4) = block->length = length;
    return admit(party, block);
}

Block* ExchangeHeap::admit(Party& party, Block* block) {
    if (!block) return nullptr;
    if (!can_charge(party, block->bytes)) {
        free_memory(*block);
        return nullptr;
    }
    std::memset(block->data(), 0, block->size);
    charge(party, *block);
    return block;
}

void ExchangeHeap::release(Party& party, Owned& root) {
    detach(party, root);
    if (root.kind == OwnedKind::Set) {
        OwnedList& members = static_cast<EndpointSet&>(root).members;
        while (Owned* member = members.first())
            release(party, *member);
    }
    destroy(root);
}

// Iterative: a tree may be as deep as there are blocks.
void ExchangeHeap::destroy(Owned& root) {
    // <lab5:cleanup root else if (root.is_block()) free_memory(static_cast<Block&>(root));>
    OwnedList dead;
    dead.push_back(root);
    while (Owned* item = dead.pop_front()) {
        if (item->payer) discharge(*item->payer, item->bytes);
        if (item->is_block()) {
            auto& block = static_cast<Block&>(*item);
            while (Owned* child = block.children.pop_front())
                dead.push_back(*child);
            free_memory(block);
        } else if (item->kind == OwnedKind::Endpoint) {
            close_endpoint(*this, static_cast<Endpoint&>(*item), dead);
        } else {
            auto& set = static_cast<EndpointSet&>(*item);
            ASSERT(set.members.empty());
            stats_.sets--;
            cells_.destroy(set);
        }
    }
    // </lab5:cleanup>
}

// Both are roots of `party`, and one of another payer counts as foreign.
bool ExchangeHeap::unite(Party& party, Block& block, Owned& value) {
    if (block.payer == value.payer) return true;
    // <lab5:quota party, value>
    Account& account = *party.account;
    std::uint32_t foreign = 0;
    for (const Owned* root : {static_cast<Owned*>(&block), &value})
        if (root->payer != &account) foreign += root->bytes;
    if (account.room() < foreign) return false;
    account.foreign -= foreign;
    pay(account, block);
    pay(account, value);
    return true;
    // </lab5:quota>
}

std::optional<Word> ExchangeHeap::swap_field(Party& party, Block& block, std::uint32_t offset,
                                             Word value) {
    if (value && !unite(party, block, owned_at(value))) return {};
    // <lab5:forest party else return std::swap(block.field(offset), value), value;>
    Word& field = block.field(offset);
    Owned* out = nullptr;
    if (Word old = field) // a region that CPL 3 can write may hold anything
        out = party.region ? checked(&block, party.region, old) : &owned_at(old);
    if (value) {
        Owned& in = owned_at(value);
        in.link.unlink();
        in.hold(Holder::Block, &block);
        in.payer = nullptr;
        block.children.push_back(in);
        block.bytes += in.bytes;
    }
    field = value;
    if (!out) return 0;
    out->link.unlink();
    block.bytes -= out->bytes;
    out->payer = block.payer;
    link_root(party, *out);
    return out->address;
    // </lab5:forest>
}

Owned* ExchangeHeap::checked(const void* holder, std::uint8_t region, Word address) {
    if (address % 4) return nullptr;
    Word cell = address;
    if (map_.at(address) == PageMap::kFirstRegion + region) cell = *pointer<Word>(address);
    if (!cells_.holds(cell)) return nullptr;
    auto* owned = pointer<Owned>(cell); // perhaps a cell of another kind: then these do not fit
    return owned->address == address && owned->holder == holder ? owned : nullptr;
}

Block* ExchangeHeap::allocate(OwnedKind kind, std::uint32_t size, std::uint8_t region) {
    auto* block = cells_.create<Block>();
    if (!block) return nullptr;
    std::uint32_t size_class = class_of(rt::kDataOffset + size);
    bool got = size_class < kClasses ? take_chunk(*block, size_class, region)
                                     : take_run(*block, size, region);
    if (!got) {
        cells_.destroy(*block);
        return nullptr;
    }
    block->kind = kind;
    block->region = region;
    block->size = size;
    block->bytes = block->footprint + kCellSize;
    *pointer<Word>(block->address) = word(block);
    *pointer<Word>(block->address + 4) = 0;
    stats_.blocks++;
    return block;
}

bool ExchangeHeap::take_chunk(Block& block, std::uint32_t size_class, std::uint8_t region) {
    Slab* slab = regions_[region].partial[size_class].first();
    if (!slab) slab = new_slab(size_class, region);
    if (!slab) return false;
    std::uint32_t half = slab->free[0] ? 0 : 1;
    std::uint32_t index =
        half * 64 + static_cast<std::uint32_t>(std::countr_zero(slab->free[half]));
    slab->free[half] &= slab->free[half] - 1;
    if (++slab->used == slab->chunks) slab->link.unlink();
    block.slab = slab;
    block.footprint = kChunkSizes[size_class];
    block.address = slab->page + kFirstChunk + index * block.footprint;
    return true;
}

bool ExchangeHeap::take_run(Block& block, std::uint32_t size, std::uint8_t region) {
    std::uint32_t pages = run_pages(size);
    Word start = regions_[region].pages->allocate(pages);
    if (!start) return false;
    map_.set(start, pages, PageMap::kFirstRegion + region);
    stats_.pages += pages;
    block.address = start + kFirstChunk;
    block.footprint = pages * kExchangePage;
    return true;
}

void ExchangeHeap::free_memory(Block& block) {
    if (Slab* slab = block.slab) {
        std::uint32_t index = (block.address - slab->page) / block.footprint;
        slab->free[index / 64] |= 1ull << index % 64;
        if (slab->used-- == slab->chunks)
            regions_[slab->region].partial[slab->size_class].push_front(*slab);
    } else {
        std::uint32_t pages = block.footprint / kExchangePage;
        Word start = block.address - kFirstChunk;
        map_.set(start, pages, PageMap::kNothing);
        stats_.pages -= pages;
        regions_[block.region].pages->free(start, pages);
    }
    stats_.blocks--;
    cells_.destroy(block);
}

Slab* ExchangeHeap::new_slab(std::uint32_t size_class, std::uint8_t region) {
    auto* slab = cells_.create<Slab>();
    if (!slab) return nullptr;
    slab->page = regions_[region].pages->allocate(1);
    if (!slab->page) {
        cells_.destroy(*slab);
        return nullptr;
    }
    map_.set(slab->page, 1, static_cast<std::uint8_t>(PageMap::kFirstRegion + region));
    stats_.pages++;
    slab->region = region;
    slab->size_class = static_cast<std::uint8_t>(size_class);
    slab->chunks =
        static_cast<std::uint8_t>((kExchangePage - kFirstChunk) / kChunkSizes[size_class]);
    for (std::uint32_t i = 0; i < slab->chunks; i++)
        slab->free[i / 64] |= 1ull << i % 64;
    regions_[region].partial[size_class].push_front(*slab);
    return slab;
}

void ExchangeHeap::free_slab(Slab& slab) {
    map_.set(slab.page, 1, PageMap::kNothing);
    stats_.pages--;
    regions_[slab.region].pages->free(slab.page, 1);
    cells_.destroy(slab);
}

void ExchangeHeap::trim() {
    for (Region& region : regions_) {
        for (auto& partial : region.partial) {
            for (Slab *slab = partial.first(), *next; slab; slab = next) {
                next = partial.next(*slab);
                if (!slab->used) free_slab(*slab);
            }
        }
    }
    cells_.trim();
}

} // namespace singlet::kern
