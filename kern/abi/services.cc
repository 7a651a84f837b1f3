// Kernel services behind opcodes [verifier::Service]: the exchange heap and channels. They are the
// hot paths of every message, so each is a few lines around kern/ipc.
#include "kern/abi/calls.hh"
// <since lab6>
#include "kern/ipc/select.hh"
// </since>

namespace singlet::kern {

namespace {

using rt::TrapReason;
using verifier::Kind;

// <since lab6>
[[noreturn]] void out_of_memory(const Word* arguments) {
    trap_sip(TrapReason::OutOfMemory, 0, arguments);
}

// Endpoints and sets are their own cells.
Endpoint& endpoint_at(Word address) { return *pointer<Endpoint>(address); }
EndpointSet& set_at(Word address) { return *pointer<EndpointSet>(address); }
// </since>

std::uint32_t element_size(Word kind) {
    switch (static_cast<Kind>(kind)) {
    case Kind::U8:
        return 1;
    case Kind::U16:
        return 2;
    case Kind::I64:
        return 8;
    default:
        return 4;
    }
}

} // namespace

Word kernel_xnew(const Word* arguments) {
    auto& type = *pointer<const ExchangeType>(arguments[0]);
    Block* block = exchange_heap().new_struct(*running_sip, type);
    return block ? block->address : 0;
}

Word kernel_xvec(const Word* arguments) {
    auto length = static_cast<std::int32_t>(arguments[1]);
    if (length < 0) trap_sip(TrapReason::BadLength, 0, arguments);
    Block* block =
        exchange_heap().new_vector(*running_sip, element_size(arguments[0]), arguments[1]);
    return block ? block->address : 0;
}

Word kernel_xswap(const Word* arguments) {
    auto& block = static_cast<Block&>(owned_at(arguments[0]));
    auto out = exchange_heap().swap_field(*running_sip, block, arguments[1], arguments[2]);
    return out ? *out : verifier::kNoRoom;
}

Word kernel_free(const Word* arguments) {
    exchange_heap().release(*running_sip, owned_at(arguments[0]));
    return 0;
}

// <since lab6>
Word kernel_channel(const Word* arguments) {
    auto& contract = *pointer<const Contract>(arguments[0]);
    Endpoint* ends[2];
    if (!create_channel(exchange_heap(), *running_sip, contract, ends)) return 0;
    Word* out = pointer<Word>(arguments[1]);
    out[0] = ends[0]->address;
    out[1] = ends[1]->address;
    return 1;
}

Word kernel_send(const Word* arguments) {
    Endpoint& endpoint = endpoint_at(arguments[0]);
    const Word* words = pointer<const Word>(arguments[2]);
    if (!send(exchange_heap(), *running_sip, endpoint, arguments[1], words)) [[unlikely]]
        out_of_memory(arguments);
    return 0;
}

Word kernel_select(const Word* arguments) {
    // </since>
    // <since lab7>
    if (!running_sip->believed) [[unlikely]]
        return ring3_select(arguments);
    // </since>
    // <since lab6>
    int number =
        select(exchange_heap(), *running_sip, pointer<const verifier::SelectEntry>(arguments[0]),
               arguments[1], pointer<const Word>(arguments[2]), pointer<Word>(arguments[3]));
    if (number == kSelectFailed) [[unlikely]]
        out_of_memory(arguments);
    return static_cast<Word>(number);
}

Word kernel_unwrap(const Word* arguments) {
    Endpoint& endpoint = endpoint_at(arguments[0]);
    if (endpoint.contract == pointer<const Contract>(arguments[1]) && endpoint.side == arguments[2])
        return arguments[0];
    exchange_heap().release(*running_sip, endpoint);
    return 0;
}

Word kernel_set_new(const Word*) {
    EndpointSet* set = new_set(exchange_heap(), *running_sip);
    return set ? set->address : 0;
}

Word kernel_start(const Word* arguments) {
    Sip& sip = *running_sip;
    if (!sip.threads) sip.threads = std::make_unique<SipThreads>(sip);
    if (sip.threads->full()) return 0;
    const bool started =
        sip.threads->start(arguments[0], {pointer<const Word>(arguments[2]), arguments[1]});
    return started ? 1 : verifier::kNoRoom;
}

Word kernel_set_add(const Word* arguments) {
    add_to_set(*running_sip, set_at(arguments[0]), endpoint_at(arguments[1]));
    return 0;
}
// </since>

} // namespace singlet::kern
