#include "kern/install/listeners.hh"

#include "kern/ipc/registry.hh"
#include "lib/core/assert.hh"
#include "lib/core/try.hh"

namespace singlet::kern {

namespace {

using verifier::Kind;
using verifier::Resource;
using verifier::Side;
using verifier::Type;

// A set that listens. What a SIP does with it is its own affair: it may free it and go on, and then it leaves this list.
constinit List<EndpointSet, &EndpointSet::listening> listeners{};

std::unexpected<SipError> refuse(const Sip& sip, const Resource& resource, std::string why) {
    return std::unexpected(SipError{sip.name + ": " + resource.name + ": " + std::move(why)});
}

EndpointSet* listener_for(const Contract& contract) {
    EndpointSet* set = listeners.first();
    while (set && set->serves != &contract)
        set = listeners.next(*set);
    return set;
}

Sip& owner_of(const EndpointSet& set) { return static_cast<Sip&>(*party_of(set)); }

// Does a SIP that runs say in its manifest that it serves the contract?
bool is_exported(const Contract& contract) {
    for (const Sip& sip : all_sips()) {
        if (sip.state != Sip::State::Running) continue;
        const verifier::Verified& verified = sip.image->program->verified;
        for (auto index : verified.module().manifest.exports)
            if (type_registry().contract(verified, index) == &contract) return true;
    }
    return false;
}

// What a resource asks for: an endpoint, or a set of them.
struct Wanted {
    const Contract* contract;
    const std::string& name;
    Side side;
    bool is_set;
};
Wanted wanted(const verifier::Verified& verified, const Resource& resource) {
    const verifier::Module& module = verified.module();
    const Type& type = module.types[resource.type];
    bool is_set = type.kind == Kind::Set;
    const Type& endpoint = is_set ? module.types[type.index] : type;
    return {type_registry().contract(verified, endpoint.index),
            module.contracts[endpoint.index].name, endpoint.side, is_set};
}

std::unexpected<SipError> nobody_serves(const Sip& sip, const Resource& resource,
                                        const std::string& contract) {
    return std::unexpected(SipError{sip.name + ": " + resource.name +
                                        ": no SIP that runs serves the contract " + contract,
                                    true});
}

SipResult<Word> listen(Sip& sip, const Resource& resource, const Contract& contract) {
    // <lab6:connect sip, resource, contract, listeners, new_set>
    EndpointSet* set = new_set(exchange_heap(), sip);
    if (!set) return refuse(sip, resource, "no memory left for its set");
    set->serves = &contract;
    listeners.push_back(*set);
    return set->address;
    // </lab6:connect>
}

SipResult<Word> connect(Sip& sip, const Resource& resource, const Wanted& want) {
    EndpointSet* set = listener_for(*want.contract);
    if (!set) return nobody_serves(sip, resource, want.name);
    // <lab6:connect owner_of>
    Endpoint* ends[2];
    ExchangeHeap& heap = exchange_heap();
    if (!create_channel(heap, sip, *want.contract, ends))
        return refuse(sip, resource, "no memory left for its channel");
    heap.detach(sip, *ends[1]);
    heap.attach(owner_of(*set), *ends[1]);
    add_to_set(owner_of(*set), *set, *ends[1]);
    return ends[0]->address;
    // </lab6:connect>
}

} // namespace

SipResult<void> check_endpoint(const Sip& sip, const verifier::Verified& verified,
                               const Resource& resource, Services services) {
    Wanted want = wanted(verified, resource);
    const EndpointSet* other = listener_for(*want.contract);
    if (want.is_set && other)
        return refuse(sip, resource,
                      "the contract is served by " + owner_of(*other).name + " already");
    bool missing = !want.is_set && want.side == Side::Importer && !other;
    if (missing && services == Services::Now && !is_exported(*want.contract))
        return nobody_serves(sip, resource, want.name);
    return {};
}

bool is_endpoint_for(const verifier::Verified& verified, const Resource& resource,
                     const Endpoint& endpoint) {
    if (resource.what != Resource::What::Endpoint) return false;
    Wanted want = wanted(verified, resource);
    return !want.is_set && endpoint.contract == want.contract &&
           endpoint.side == static_cast<std::uint8_t>(want.side);
}

SipResult<Word> grant_endpoint(Sip& sip, const Resource& resource) {
    const verifier::Verified& verified = sip.image->program->verified;
    TRY(check_endpoint(sip, verified, resource, Services::Later));
    Wanted want = wanted(verified, resource);
    if (want.is_set) return listen(sip, resource, *want.contract);
    if (want.side == Side::Importer) return connect(sip, resource, want);
    return refuse(sip, resource, "an exporting endpoint is given by whoever starts the SIP");
}

} // namespace singlet::kern
