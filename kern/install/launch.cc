#include "kern/install/launch.hh"

#include "kern/boot/options.hh"
// <since lab6>
#include "kern/install/grants.hh"
#include "kern/install/listeners.hh"
// </since>
// <since lab7>
#include "kern/proc/policy.hh"
// </since>
#include "lib/core/try.hh"
#include <algorithm>
#include <vector>

namespace singlet::kern {

namespace {

// <since lab7>
std::vector<std::unique_ptr<Domain>>& domains() {
    static auto& list = *new std::vector<std::unique_ptr<Domain>>;
    return list;
}

std::string_view name_of(const Ref<DomainHeap>& heap) {
    return heap ? heap->name() : std::string_view{};
}

// The one that some domain uses already, or a new one.
Result<Ref<DomainHeap>> heap_for(const std::string& name) {
    if (name.empty()) return {};
    for (auto& domain : domains())
        if (name_of(domain->heap()) == name) return domain->heap();
    return DomainHeap::create(name);
}

Domain* domain_for(const Placement& placement) {
    for (auto& domain : domains())
        if (domain->name() == placement.domain && domain->level() == placement.level() &&
            name_of(domain->heap()) == placement.heap)
            return domain.get();
    auto heap = heap_for(placement.heap);
    if (!heap) return nullptr;
    auto made = Domain::create(placement.domain, placement.level(),
                               mode_has_paging(options().protect), std::move(*heap));
    if (!made) return nullptr;
    domains().push_back(std::move(*made));
    return domains().back().get();
}
// </since>

Installed<ImageRef> image_at(const ProgramRef& program, Binding binding) {
    return image_for(program, binding, mode_has_checks(options().protect));
}

} // namespace

// <since lab7>
Installed<ImageRef> image_at_place(const ProgramRef& program, std::string_view name,
                                   Starter starter) {
    return image_at(program, place(name, starter == Starter::BootClient).binding);
}
// </since>

// <since lab6 = SipResult<Sip*> create_instance(const ProgramRef& program, std::string name) {>
SipResult<Sip*> create_instance(const ProgramRef& program, std::string name, Starter starter) {
    TRY(check_manifest(program->verified, name, starter, Services::Later));
    // </since>
    // <since lab7 = auto image = image_at(program, Binding::Call);>
    Placement placement = place(name, starter == Starter::BootClient);
    auto image = image_at(program, placement.binding);
    // </since>
    if (!image) return std::unexpected(SipError{image.error().sentence});
    // <since lab7 = Sip* sip = TRY(create_sip(std::move(name), std::move(*image)));>
    Domain* domain = domain_for(placement);
    if (!domain) return std::unexpected(SipError{name + ": no memory left for its domain"});
    Sip* sip = TRY(create_sip(std::move(name), std::move(*image), *domain));
    // </since>
    sip->parameters.resize(program->module().manifest.resources.size());
    // <since lab6>
    sip->starter = starter;
    sip->given.resize(sip->parameters.size());
    // </since>
    return sip;
}

SipResult<void> start_instance(Sip& sip) {
    // <since lab6 = if (sip.parameters.size()) return std::unexpected(SipError{sip.name + ": nothing is granted yet"});>
    const auto& resources = sip.image->program->module().manifest.resources;
    for (std::size_t i = 0; i < resources.size(); i++)
        if (!sip.given[i]) sip.parameters[i] = TRY(grant(sip, resources[i]));
    // </since>
    return start_sip(sip);
}

// <since lab6>
bool give_endpoint(Sip& sip, Endpoint& endpoint) {
    const verifier::Verified& verified = sip.image->program->verified;
    const auto& resources = verified.module().manifest.resources;
    for (std::size_t i = 0; i < resources.size(); i++) {
        if (sip.given[i] || !is_endpoint_for(verified, resources[i], endpoint)) continue;
        exchange_heap().attach(sip, endpoint);
        sip.parameters[i] = endpoint.address;
        sip.given[i] = true;
        return true;
    }
    return false;
}
// </since>

void reap_ended(const Sip* keep) {
    const SipList& list = all_sips();
    for (Sip *sip = list.first(), *next; sip; sip = next) {
        next = list.next(*sip);
        if (sip->state == Sip::State::Ended && sip != keep) reap_sip(*sip);
    }
    // <since lab7>
    std::erase_if(domains(), [](auto& domain) { return domain->sips == 0; });
    // </since>
}

} // namespace singlet::kern
