#include "kern/ipc/select.hh"

namespace singlet::kern {

namespace {

using verifier::SelectEntry;
using verifier::SelectTable;

inline Owned& operand_at(Word address) { return *pointer<Owned>(address); } // itself a cell

inline bool matches(const SelectEntry& pattern, const Owned& operand) {
    if (operand.kind == OwnedKind::Set)
        return !static_cast<const EndpointSet&>(operand).ready.empty();
    auto& endpoint = static_cast<const Endpoint&>(operand);
    if (!endpoint.count)
        return pattern.message_or_count == SelectTable::kClosed && endpoint.peer_closed();
    return endpoint.slot(endpoint.head).message == pattern.message_or_count;
}

inline bool matches(const SelectEntry* first, std::uint32_t count, const Word* operands) {
    for (std::uint32_t i = 0; i < count; i++)
        if (!matches(first[i], operand_at(operands[first[i].operand]))) return false;
    return true;
}

bool take(ExchangeHeap& heap, Party& self, const SelectEntry* first, std::uint32_t count,
          const Word* operands, Word* out) {
    bool whole = true;
    for (std::uint32_t i = 0; i < count; i++) {
        Owned& operand = operand_at(operands[first[i].operand]);
        if (operand.kind == OwnedKind::Set)
            out[first[i].out] = take_from_set(self, static_cast<EndpointSet&>(operand))->address;
        else if (first[i].message_or_count != SelectTable::kClosed)
            whole &= receive(heap, self, static_cast<Endpoint&>(operand), out + first[i].out);
    }
    return whole;
}

void set_waiter(Owned& operand, Party* waiter) {
    if (operand.kind == OwnedKind::Set)
        static_cast<EndpointSet&>(operand).waiter = waiter;
    else
        static_cast<Endpoint&>(operand).waiter = waiter;
}

// Nothing matches: the processor goes to the party that can change that, if there is just one.
void wait_for(Party& self, std::uint32_t operand_count, const Word* operands) {
    for (std::uint32_t i = 0; i < operand_count; i++)
        set_waiter(operand_at(operands[i]), &self);
    Owned& first = operand_at(operands[0]);
    Party* peer = nullptr;
    if (first.kind == OwnedKind::Endpoint) {
        auto& endpoint = static_cast<Endpoint&>(first);
        if (endpoint.peer) peer = party_of(*endpoint.peer);
    }
    wait(self, peer == &self ? nullptr : peer);
    for (std::uint32_t i = 0; i < operand_count; i++)
        set_waiter(operand_at(operands[i]), nullptr);
}

} // namespace

std::uint32_t select_words(const SelectEntry* table) {
    std::uint32_t most = 0;
    for (; table->message_or_count != verifier::kSelectEnd; table++) {
        std::uint32_t patterns = table->message_or_count;
        while (patterns--) {
            table++;
            if (table->out + 2 * verifier::limits::kMessageArguments > most)
                most = table->out + 2 * verifier::limits::kMessageArguments;
        }
    }
    return most;
}

int select(ExchangeHeap& heap, Party& self, const SelectEntry* table, std::uint32_t operand_count,
           const Word* operands, Word* out) {
    for (;;) {
        int number = 0;
        for (const SelectEntry* header = table; header->message_or_count != verifier::kSelectEnd;
             header += 1 + header->message_or_count, number++) {
            std::uint32_t patterns = header->message_or_count;
            if (!matches(header + 1, patterns, operands)) continue;
            return take(heap, self, header + 1, patterns, operands, out) ? number : kSelectFailed;
        }
        wait_for(self, operand_count, operands);
    }
}

} // namespace singlet::kern
