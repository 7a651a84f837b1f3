#include "kern/install/listeners.hh"

#include "kern/ipc/registry.hh"
#include <algorithm>

namespace singlet::kern {

namespace {

using verifier::Kind;
using verifier::Resource;
using verifier::Side;
using verifier::Type;

struct Listener {
    const Contract* contract;
    Sip* sip;
    EndpointSet* set;
};
// Never destroyed: globals must not allocate before the heap is there, nor after it.
std::vector<Listener>& listeners() {
    static auto& list = *new std::vector<Listener>;
    return list;
}

std::unexpected<SipError> refuse(const Sip& sip, const Resource& resource, std::string why) {
    return std::unexpected(SipError{sip.name + ": " + resource.name + ": " + std::move(why)});
}

SipResult<Word> listen(Sip& sip, const Resource& resource, const Contract& contract) {
    auto& list = listeners();
    auto found = std::ranges::find(list, &contract, &Listener::contract);
    if (found != list.end())
        return refuse(sip, resource, "the contract is served by " + found->sip->name + " already");
    EndpointSet* set = new_set(exchange_heap(), sip);
    if (!set) return refuse(sip, resource, "no memory left for its set");
    list.push_back({&contract, &sip, set});
    return set->address;
}

SipResult<Word> connect(Sip& sip, const Resource& resource, const Contract& contract,
                        const std::string& name) {
    auto& list = listeners();
    auto found = std::ranges::find(list, &contract, &Listener::contract);
    if (found == list.end())
        return std::unexpected(SipError{sip.name + ": " + resource.name +
                                            ": no SIP that runs serves the contract " + name,
                                        true});
    Endpoint* ends[2];
    ExchangeHeap& heap = exchange_heap();
    if (!create_channel(heap, sip, contract, ends))
        return refuse(sip, resource, "no memory left for its channel");
    heap.detach(sip, *ends[1]);
    heap.attach(*found->sip, *ends[1]);
    add_to_set(*found->sip, *found->set, *ends[1]);
    return ends[0]->address;
}

} // namespace

SipResult<Word> grant_endpoint(Sip& sip, const Resource& resource) {
    const verifier::Verified& verified = sip.image->program->verified;
    const verifier::Module& module = verified.module();
    const Type& type = module.types[resource.type];
    const Type& endpoint = type.kind == Kind::Set ? module.types[type.index] : type;
    const Contract& contract = *type_registry().contract(verified, endpoint.index);
    if (type.kind == Kind::Set) {
        if (endpoint.side != Side::Exporter)
            return refuse(sip, resource, "only a set of exporting endpoints can listen");
        return listen(sip, resource, contract);
    }
    if (endpoint.side != Side::Importer)
        return refuse(sip, resource, "an exporting endpoint must be asked for as a set");
    return connect(sip, resource, contract, module.contracts[endpoint.index].name);
}

void drop_listeners(const Sip& sip) {
    std::erase_if(listeners(), [&](const Listener& l) { return l.sip == &sip; });
}

} // namespace singlet::kern
