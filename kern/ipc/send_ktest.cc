// Messages between two parties of one thread: what a send moves, and what it costs by bytes.
#include "kern/boot/arguments.hh"
#include "kern/boot/test.hh"
#include "kern/ipc/channel.hh"
#include "kern/proc/sip.hh"

namespace singlet::kern {

namespace {

constexpr std::uint32_t kAsk = 0, kAnswer = 1, kNote = 2, kRounds = 256, kWarm = 8;

// contract { in Ask(i32, vec(u8)); out Answer(vec(u8)); in Note(i32); ... }
constexpr Contract::Message kMessages[] = {{.words = 2, .to_exporter = true, .owned = 0b10},
                                           {.words = 1, .to_exporter = false, .owned = 0b1},
                                           {.words = 1, .to_exporter = true}};
constinit const Contract kContract{.messages = kMessages, .bound = {1, 2}, .slot_words = {1, 2}};

void open(Party& party, std::uint32_t quota) { CHECK(exchange_heap().open_account(party, quota)); }

Block& vector(Party& party, std::uint32_t bytes) {
    Block* made = exchange_heap().new_vector(party, 1, bytes);
    CHECK(made);
    return *made;
}

void ask(Party& party, Endpoint& end, Word number, const Block& block) {
    const Word words[] = {number, block.address};
    CHECK(send(exchange_heap(), party, end, kAsk, words));
}

// A party with both ends of a channel.
struct Monologue {
    Party party;
    Endpoint* ends[2];

    Monologue() {
        open(party, 1u << 20);
        CHECK(create_channel(exchange_heap(), party, kContract, ends));
    }
};

} // namespace

// A party that talks to itself, in a ring of two slots.
KERNEL_TEST(send_moves) {
    Monologue self;
    auto& [party, ends] = self;
    Block* blocks[3] = {&vector(party, 10), &vector(party, 5000), &vector(party, 100)};
    const std::uint32_t paid = party.account->bytes, copied = exchange_heap().stats().copied;
    ask(party, *ends[0], 100, *blocks[0]);
    CHECK(ends[1]->count == 1 && ends[0]->count == 0);
    CHECK(blocks[0]->held_by == Holder::Message && blocks[0]->holder == ends[1]);
    CHECK(!blocks[0]->link.linked() && blocks[1]->link.linked());
    CHECK(!exchange_heap().owned_by(party, blocks[0]->address));
    ask(party, *ends[0], 101, *blocks[1]);
    for (Word i = 0; i < 20; i++) {
        Word words[2];
        CHECK(receive(exchange_heap(), party, *ends[1], words));
        CHECK(words[0] == 100 + i && words[1] == blocks[i % 3]->address);
        CHECK(exchange_heap().owned_by(party, words[1]) == blocks[i % 3]);
        ask(party, *ends[0], 102 + i, *blocks[(i + 2) % 3]);
        CHECK(ends[1]->count == 2);
    }
    CHECK(party.account->bytes == paid && exchange_heap().stats().copied == copied);
    Word words[2] = {7, 8};
    while (ends[1]->count)
        CHECK(receive(exchange_heap(), party, *ends[1], words));
    words[0] = 7;
    CHECK(send(exchange_heap(), party, *ends[0], kNote, words)); // a slot that held an Ask before
    CHECK(ends[1]->slot(ends[1]->head).message == kNote);
    CHECK(receive(exchange_heap(), party, *ends[1], words) && words[0] == 7);
}

// A root that others pay for counts as `foreign` to who holds it, and no longer once it is sent.
KERNEL_TEST(send_foreign) {
    Monologue self;
    auto& [party, ends] = self;
    Party payer;
    open(payer, 1u << 20);
    Block &mine = vector(party, 10), &another = vector(payer, 100);
    exchange_heap().detach(payer, another);
    another.hold(Holder::Party, &party);
    party.owned.push_back(another);
    party.account->foreign = another.bytes;
    ask(party, *ends[0], 1, mine);
    CHECK(party.account->foreign == another.bytes);
    ask(party, *ends[0], 2, another);
    CHECK(party.account->foreign == 0 && payer.account->bytes == another.bytes);
}

// What is queued belongs to nobody's list: it goes with the endpoint that could have received it. What is sent to a
// closed peer goes at once.
KERNEL_TEST(send_to_the_dead) {
    const HeapStats before = exchange_heap().stats();
    Monologue self;
    auto& [party, ends] = self;
    ask(party, *ends[0], 1, vector(party, 10));
    ask(party, *ends[0], 2, vector(party, 5000));
    exchange_heap().release(party, *ends[1]);
    CHECK(exchange_heap().stats().blocks == before.blocks && ends[0]->peer_closed());
    ask(party, *ends[0], 3, vector(party, 10));
    CHECK(exchange_heap().stats().blocks == before.blocks);
    exchange_heap().close_account(party);
    CHECK(exchange_heap().stats().endpoints == before.endpoints);
}

// Marks for the model clock: 1, 2 around the messages of 1 byte, 3, 4 of 4 KB, 5, 6 of 64 KB. Mark 0 starts it: before its first
// mark it counts nothing, and its caches are empty; only rounds after that one warm them.
KERNEL_TEST(send_cost) {
    Party a, b;
    open(a, 1u << 20);
    open(b, 1u << 20);
    Endpoint* ends[2];
    CHECK(create_channel(exchange_heap(), a, kContract, ends));
    exchange_heap().detach(a, *ends[1]);
    exchange_heap().attach(b, *ends[1]);
    emit_mark(0);
    std::uint32_t mark = 1;
    for (std::uint32_t bytes : {1u, 4096u, 65536u}) {
        Block& block = vector(a, bytes);
        auto round = [&] {
            Word words[2];
            ask(a, *ends[0], 0, block);
            CHECK(receive(exchange_heap(), b, *ends[1], words));
            CHECK(send(exchange_heap(), b, *ends[1], kAnswer, &words[1]));
            CHECK(receive(exchange_heap(), a, *ends[0], words));
        };
        for (std::uint32_t i = 0; i < kWarm; i++)
            round();
        emit_mark(mark);
        for (std::uint32_t i = 0; i < kRounds; i++)
            round();
        emit_mark(mark + 1);
        mark += 2;
    }
}

} // namespace singlet::kern
