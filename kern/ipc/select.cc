#include "kern/ipc/select.hh"

#include "lib/core/assert.hh"

namespace singlet::kern {

namespace {

using verifier::SelectEntry;
using verifier::SelectTable;

inline Owned& operand_at(Word address) { return *pointer<Owned>(address); } // itself a cell

inline bool matches(const SelectEntry& pattern, const Owned& operand) {
    // <lab6:select pattern, operand>
    if (operand.kind == OwnedKind::Set)
        return !static_cast<const EndpointSet&>(operand).ready.empty();
    auto& endpoint = static_cast<const Endpoint&>(operand);
    if (!endpoint.count)
        return pattern.message_or_count == SelectTable::kClosed && endpoint.peer_closed();
    return endpoint.slot(endpoint.head).message == pattern.message_or_count;
    // </lab6:select>
}

inline bool all_match(const SelectEntry* first, std::uint32_t count, const Word* operands) {
    for (std::uint32_t i = 0; i < count; i++)
        if (!matches(first[i], operand_at(operands[first[i].operand]))) return false;
    return true;
}

inline bool brings_message(const SelectEntry& pattern, const Owned& operand) {
    return operand.kind == OwnedKind::Endpoint && pattern.message_or_count != SelectTable::kClosed;
}

// May `self` take all that the case brings?
bool may_take(const Party& self, const SelectEntry* first, std::uint32_t count,
              const Word* operands) {
    if (!self.account->hoards()) return true;
    std::uint32_t foreign = 0;
    for (std::uint32_t i = 0; i < count; i++) {
        const Owned& operand = operand_at(operands[first[i].operand]);
        if (brings_message(first[i], operand))
            foreign += foreign_bytes(self, static_cast<const Endpoint&>(operand));
    }
    return foreign <= self.account->room();
}

// What the case's patterns match, which all do: all of it or nothing. Returns what select() does.
int take(ExchangeHeap& heap, Party& self, int number, const SelectEntry* first, std::uint32_t count,
         const Word* operands, Word* out) {
    if (!may_take(self, first, count, operands)) return kSelectHoards;
    bool whole = true;
    for (std::uint32_t i = 0; i < count; i++) {
        Owned& operand = operand_at(operands[first[i].operand]);
        if (operand.kind == OwnedKind::Set)
            out[first[i].out] = take_from_set(self, static_cast<EndpointSet&>(operand))->address;
        else if (brings_message(first[i], operand))
            whole &= receive(heap, self, static_cast<Endpoint&>(operand), out + first[i].out);
    }
    return whole ? number : kSelectFailed;
}

void set_waiter(Owned& operand, Thread* waiter) {
    if (operand.kind == OwnedKind::Set)
        static_cast<EndpointSet&>(operand).waiter = waiter;
    else
        static_cast<Endpoint&>(operand).waiter = waiter;
}

// Nothing matches: the processor goes to the party that can change that, if there is just one.
void wait_for(Party& self, std::uint32_t operand_count, const Word* operands) {
    for (std::uint32_t i = 0; i < operand_count; i++)
        set_waiter(operand_at(operands[i]), self.thread);
    Owned& first = operand_at(operands[0]);
    Party* peer = nullptr;
    if (first.kind == OwnedKind::Endpoint) {
        auto& endpoint = static_cast<Endpoint&>(first);
        if (endpoint.peer) peer = party_of(*endpoint.peer);
    }
    wait(self, peer == &self ? nullptr : peer);
    // <since lab7>
    if (!self.believed) [[unlikely]]
        look_again(self, {operands, operand_count});
    // </since>
    for (std::uint32_t i = 0; i < operand_count; i++)
        set_waiter(operand_at(operands[i]), nullptr);
}

// The usual case: one endpoint. Each case has one pattern then, and it is the head that decides.
int select_one(ExchangeHeap& heap, Party& self, const SelectEntry* table, Endpoint& endpoint,
               Word* out) {
    while (!endpoint.has_news()) {
        endpoint.waiter = self.thread;
        Party* peer = party_of(*endpoint.peer);
        wait(self, peer == &self ? nullptr : peer);
        endpoint.waiter = nullptr;
    }
    std::uint16_t head =
        endpoint.count ? endpoint.slot(endpoint.head).message : SelectTable::kClosed;
    const SelectEntry* pattern = table + 1;
    for (int number = 0; pattern[-1].message_or_count == 1; pattern += 2, number++) {
        if (pattern->message_or_count != head) continue;
        if (head == SelectTable::kClosed) return number;
        if (!may_receive(self, endpoint)) [[unlikely]]
            return kSelectHoards;
        return receive(heap, self, endpoint, out + pattern->out) ? number : kSelectFailed;
    }
    // Cannot be: verified selects take all that can come. Never woken again.
    for (;;)
        wait(self, nullptr);
}

} // namespace

int select(ExchangeHeap& heap, Party& self, const SelectEntry* table, std::uint32_t operand_count,
           const Word* operands, Word* out) {
    // <since lab7 = const bool quick = operand_count == 1;>
    const bool quick = operand_count == 1 && self.believed;
    // </since>
    if (quick && operand_at(operands[0]).kind == OwnedKind::Endpoint)
        return select_one(heap, self, table, static_cast<Endpoint&>(operand_at(operands[0])), out);
    // <lab6:select heap, self, table, operand_count, operands, out, all_match, take, wait_for>
    for (;;) {
        int number = 0;
        for (const SelectEntry* header = table; header->message_or_count != verifier::kSelectEnd;
             header += 1 + header->message_or_count, number++) {
            std::uint32_t patterns = header->message_or_count;
            if (!all_match(header + 1, patterns, operands)) continue;
            return take(heap, self, number, header + 1, patterns, operands, out);
        }
        wait_for(self, operand_count, operands);
    }
    // </lab6:select>
}

} // namespace singlet::kern
