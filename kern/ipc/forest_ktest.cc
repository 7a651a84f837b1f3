// The forest of owners: fields, the end of a party, and who pays. The first tests need no freeing.
#include "kern/boot/test.hh"
#include "kern/ipc/channel.hh"
#include "kern/proc/sip.hh"

namespace singlet::kern {

namespace {

constexpr std::uint16_t kLinks[] = {4, 8};
constinit const ExchangeType kNode{.size = 12,
                                   .owned = kLinks}; // {i32 value; Node left; Node right}
constexpr std::uint32_t kLeft = 4, kRight = 8;

void open(Party& party, std::uint32_t quota) { CHECK(exchange_heap().open_account(party, quota)); }

Block& node(Party& party) {
    Block* made = exchange_heap().new_struct(party, kNode);
    CHECK(made);
    return *made;
}

Block& vector(Party& party, std::uint32_t bytes) {
    Block* made = exchange_heap().new_vector(party, 1, bytes);
    CHECK(made);
    return *made;
}

// What `swap_field` returns, when there is room.
Word swap(Party& party, Block& block, std::uint32_t field, Word value) {
    auto out = exchange_heap().swap_field(party, block, field, value);
    CHECK(out);
    return *out;
}

bool is_root_of(const Party& party, const Owned& owned) {
    return owned.held_by == Holder::Party && owned.holder == &party && owned.link.linked() &&
           exchange_heap().owned_by(party, owned.address) == &owned;
}

// From `sender` to `receiver`, which had no room for it.
void give_foreign(Party& sender, Party& receiver, Block& block) {
    exchange_heap().detach(sender, block);
    receiver.owned.push_back(block);
    block.hold(Holder::Party, &receiver);
    receiver.account->foreign += block.bytes;
}

} // namespace

KERNEL_TEST(forest_fields) {
    Party party;
    open(party, 1u << 20);
    Block &parent = node(party), &child = node(party), &other = vector(party, 5000);
    const std::uint32_t alone = parent.bytes, paid = party.account->bytes;
    CHECK(swap(party, parent, kLeft, 0) == 0);
    CHECK(swap(party, parent, kLeft, child.address) == 0);
    CHECK(parent.field(kLeft) == child.address && parent.bytes == alone + child.bytes);
    CHECK(child.held_by == Holder::Block && child.holder == &parent && !child.payer);
    CHECK(parent.children.first() == &child);
    CHECK(!exchange_heap().owned_by(party, child.address));
    // One goes in, the other comes out.
    CHECK(swap(party, parent, kLeft, other.address) == child.address);
    CHECK(parent.field(kLeft) == other.address && parent.bytes == alone + other.bytes);
    CHECK(is_root_of(party, child) && child.payer == party.account);
    CHECK(other.holder == &parent);
    CHECK(swap(party, parent, kLeft, 0) == other.address && is_root_of(party, other));
    CHECK(parent.bytes == alone && parent.children.empty());
    CHECK(party.account->bytes == paid); // who pays for what has not changed
}

// A root may be as tall as there are blocks, and is moved as one.
KERNEL_TEST(forest_trees) {
    Party party;
    open(party, 4u << 20);
    Block* top = &node(party);
    std::uint32_t bytes = top->bytes;
    for (int i = 0; i < 2000; i++) {
        Block& above = node(party);
        bytes += above.bytes;
        CHECK(swap(party, above, i % 2 ? kLeft : kRight, top->address) == 0);
        top = &above;
    }
    CHECK(top->bytes == bytes && party.owned.first() == top && party.account->bytes == bytes);
    Block& holder = node(party);
    CHECK(swap(party, holder, kRight, top->address) == 0);
    CHECK(holder.bytes == bytes + kCellSize + holder.footprint);
    CHECK(swap(party, holder, kRight, 0) == top->address && top->bytes == bytes);
}

KERNEL_TEST(cleanup_tree) {
    Party party;
    open(party, 4u << 20);
    const HeapStats before = exchange_heap().stats();
    Block* top = &vector(party, 70000);
    for (int i = 0; i < 5000; i++) {
        Block& above = node(party);
        CHECK(swap(party, above, kLeft, top->address) == 0);
        if (i % 100 == 0) CHECK(swap(party, above, kRight, vector(party, 10).address) == 0);
        top = &above;
    }
    Block& kept = node(party);
    exchange_heap().release(party, *top);
    CHECK(exchange_heap().stats().blocks == before.blocks + 1);
    CHECK(party.account->bytes == kept.bytes && party.owned.first() == &kept);
    exchange_heap().trim();
    CHECK(exchange_heap().stats().pages <= before.pages + 1);
}

KERNEL_TEST(cleanup_party) {
    Party party, neighbour;
    const HeapStats before = exchange_heap().stats();
    const std::uint32_t reserved = exchange_heap().reserved_bytes();
    open(party, 1u << 20);
    for (int i = 0; i < 100; i++)
        vector(party, static_cast<std::uint32_t>(i) * 50);
    CHECK(new_set(exchange_heap(), party));
    open(neighbour, 1u << 20);
    Block& theirs = vector(neighbour, 100);
    exchange_heap().close_account(party);
    CHECK(!party.account && party.owned.empty());
    CHECK(exchange_heap().stats().blocks == before.blocks + 1);
    CHECK(exchange_heap().stats().sets == before.sets);
    CHECK(is_root_of(neighbour, theirs)); // what others own is not touched
    exchange_heap().close_account(neighbour);
    CHECK(exchange_heap().reserved_bytes() == reserved);
}

KERNEL_TEST(quota_receiver) {
    Party sender, receiver;
    open(sender, 1u << 20);
    open(receiver, 8192);
    Block &small = vector(sender, 100), &large = vector(sender, 20000), &last = vector(sender, 50);
    const std::uint32_t before = sender.account->bytes;
    exchange_heap().detach(sender, small);
    exchange_heap().attach(receiver, small);
    CHECK(small.payer == receiver.account && receiver.account->bytes == small.bytes);
    CHECK(sender.account->bytes == before - small.bytes);
    // There is no room for this one: its sender goes on paying, and it is received all the same.
    exchange_heap().detach(sender, large);
    exchange_heap().attach(receiver, large);
    CHECK(is_root_of(receiver, large) && large.payer == sender.account);
    CHECK(receiver.account->foreign == large.bytes && receiver.account->bytes == small.bytes);
    // For what still fits it pays.
    exchange_heap().detach(sender, last);
    exchange_heap().attach(receiver, last);
    CHECK(last.payer == receiver.account && receiver.account->foreign == large.bytes);
    CHECK(receiver.account->bytes <= receiver.account->quota);
    // What just fits, fits.
    Party exact;
    Block& whole = vector(sender, 300);
    open(exact, whole.bytes);
    exchange_heap().detach(sender, whole);
    exchange_heap().attach(exact, whole);
    CHECK(whole.payer == exact.account);
    CHECK(exact.account->room() == 0 && exact.account->foreign == 0);
}

// What a party that hoards must have room for.
KERNEL_TEST(quota_hoarder) {
    Party sender, receiver;
    open(sender, 1u << 20);
    open(receiver, 8192);
    const Block &one = vector(sender, 100), &two = vector(sender, 100);
    const Block& mine = vector(receiver, 3000);
    // A number, then three owned things, whose cells a slot holds.
    constexpr Contract::Message kForm = {.words = 4, .to_exporter = true, .owned = 0b1110};
    const Word empty[] = {1, 0, 0, 0}, both[] = {~0u, word(&one), 0, word(&two)},
               own[] = {2, word(&mine), word(&one), word(&two)};
    const Account& account = *receiver.account;
    CHECK_EQUAL(foreign_bytes(account, kForm, empty), 0u);
    CHECK_EQUAL(foreign_bytes(account, kForm, both), one.bytes + two.bytes);
    CHECK_EQUAL(foreign_bytes(account, kForm, own), one.bytes + two.bytes);
    CHECK_EQUAL(foreign_bytes(*sender.account, kForm, own), mine.bytes);
}

KERNEL_TEST(quota_trees) {
    Party sender, receiver;
    open(sender, 1u << 20);
    open(receiver, 8192);
    Block &large = vector(sender, 20000), &small = vector(sender, 100), &mine = node(receiver);
    const std::uint32_t alone = mine.bytes;
    give_foreign(sender, receiver, large);
    give_foreign(sender, receiver, small);
    const std::uint32_t foreign = receiver.account->foreign, paid = receiver.account->bytes;
    // A tree has one payer. Too large for the receiver: nothing may change.
    CHECK(!exchange_heap().swap_field(receiver, mine, kLeft, large.address));
    CHECK(is_root_of(receiver, large) && large.payer == sender.account);
    CHECK(receiver.account->foreign == foreign && receiver.account->bytes == paid);
    CHECK(mine.field(kLeft) == 0);
    CHECK(swap(receiver, mine, kLeft, small.address) == 0);
    CHECK(receiver.account->foreign == large.bytes && sender.account->bytes == large.bytes);
    CHECK(receiver.account->bytes == mine.bytes && mine.payer == receiver.account);
    // Both trees are somebody else's, and just fit.
    Party exact;
    Block &theirs = node(sender), &more = vector(sender, 300);
    open(exact, alone + more.bytes);
    give_foreign(sender, exact, theirs);
    give_foreign(sender, exact, more);
    more.payer = receiver.account; // and not of one account
    sender.account->bytes -= more.bytes;
    receiver.account->bytes += more.bytes;
    CHECK(swap(exact, theirs, kLeft, more.address) == 0);
    CHECK(exact.account->room() == 0 && exact.account->foreign == 0);
    CHECK(theirs.payer == exact.account && receiver.account->bytes == mine.bytes);
}

} // namespace singlet::kern
