#include "kern/install/grants.hh"

#include "kern/dev/ide_dma.hh"
#include "kern/dev/irq_line.hh"
#include "kern/install/listeners.hh"
#include "kern/install/power.hh"
#include "lib/core/assert.hh"
#include "lib/core/format.hh"
#include "lib/core/try.hh"
#include <algorithm>

namespace singlet::kern {

namespace {

using verifier::Resource;

constexpr PortRange kGrantablePorts[] = {
    {0x1f0, 8}, {0x3f6, 1}, // primary IDE channel: task file, control
    {0x170, 8}, {0x376, 1}, // secondary
    {0x60, 1},  {0x64, 1},  // keyboard
    {0x3f8, 8},             // first serial port, which the kernel's console shares
};
constexpr std::uint32_t kGrantableIrqs = 1u << 1 | 1u << 4 | 1u << 14 | 1u << 15;

std::unexpected<SipError> refuse(const Sip& sip, const Resource& resource, std::string why) {
    return std::unexpected(SipError{sip.name + ": " + resource.name + ": " + std::move(why)});
}

std::string hexadecimal(std::uint32_t number) {
    char text[16];
    BufferSink sink(text);
    format_to(sink, "0x{:x}", number);
    return std::string(sink.text());
}

// The name of the first SIP that lives for which `uses` holds.
template <class F>
const std::string* owner(const Sip& sip, F uses) {
    if (uses(sip)) return &sip.name;
    for (const Sip& s : all_sips())
        if (s.state != Sip::State::Ended && uses(s)) return &s.name;
    return nullptr;
}

// What is granted already, to others or to `sip` itself, is not given twice.
SipResult<void> check_ports(const Sip& sip, const Resource& resource) {
    // <lab6:manifest sip, resource, kGrantablePorts, hexadecimal else return {};>
    std::uint32_t first = resource.first, end = first + resource.count;
    std::string ports = "ports " + hexadecimal(first) + " to " + hexadecimal(end - 1);
    bool grantable = std::ranges::any_of(kGrantablePorts, [&](PortRange range) {
        return first >= range.first && resource.count <= range.count &&
               end <= std::uint32_t(range.first) + range.count && resource.count;
    });
    if (!grantable) return refuse(sip, resource, ports + " are not given to SIPs");
    auto* other = owner(sip, [&](const Sip& s) {
        return std::ranges::any_of(s.grants.ports, [&](PortRange range) {
            return first < std::uint32_t(range.first) + range.count && range.first < end;
        });
    });
    if (other) return refuse(sip, resource, ports + " belong to " + *other);
    return {};
    // </lab6:manifest>
}

SipResult<void> check_irq(const Sip& sip, const Resource& resource) {
    // <lab6:manifest sip, resource, kGrantableIrqs else return {};>
    std::uint32_t line = resource.first;
    std::string interrupt = "interrupt " + std::to_string(line);
    if (line >= 32 || !(kGrantableIrqs >> line & 1))
        return refuse(sip, resource, interrupt + " is not given to SIPs");
    auto* other = owner(sip, [&](const Sip& s) { return s.grants.irqs >> line & 1; });
    if (other) return refuse(sip, resource, interrupt + " belongs to " + *other);
    return {};
    // </lab6:manifest>
}

SipResult<void> check_dma(const Sip& sip, const Resource& resource) {
    std::uint32_t number = resource.first;
    std::string object = "DMA object " + std::to_string(number);
    if (!ide_dma_exists(number)) return refuse(sip, resource, object + " does not exist");
    auto* other = owner(sip, [&](const Sip& s) { return s.grants.dmas >> number & 1; });
    if (other) return refuse(sip, resource, object + " belongs to " + *other);
    return {};
}

// Who has it has power over all SIPs, so it is not passed on to those that a SIP starts.
SipResult<void> check_processes(const Sip& sip, const Resource& resource) {
    if (sip.starter != Starter::Sip) return {};
    return refuse(sip, resource, "power over processes is given only to SIPs of run=");
}

SipResult<void> check(const Sip& sip, const Resource& resource) {
    switch (resource.what) {
    case Resource::What::Endpoint:
        return {}; // grant_endpoint and check_endpoint know
    case Resource::What::Ports:
        return check_ports(sip, resource);
    case Resource::What::Irq:
        return check_irq(sip, resource);
    case Resource::What::Dma:
        return check_dma(sip, resource);
    case Resource::What::Processes:
        return check_processes(sip, resource);
    }
    return refuse(sip, resource, "a resource of an unknown kind");
}

PortRange range_of(const Resource& resource) {
    return {static_cast<std::uint16_t>(resource.first), static_cast<std::uint16_t>(resource.count)};
}

// Writes down that `sip` has it; the word is what the SIP is given.
Word note(Sip& sip, const Resource& resource) {
    auto first = static_cast<std::uint16_t>(resource.first);
    switch (resource.what) {
    case Resource::What::Ports:
        sip.grants.ports.push_back(range_of(resource));
        return rt::port_range(first, static_cast<std::uint16_t>(resource.count));
    case Resource::What::Irq:
        sip.grants.irqs |= 1u << first;
        return first;
    case Resource::What::Dma:
        sip.grants.dmas |= 1u << first;
        return first;
    case Resource::What::Processes:
        sip.grants.processes = true;
        return 0;
    default:
        return 0;
    }
}

SipResult<void> check_pages(const Sip& sip, std::uint32_t pages, const char* what,
                            std::uint32_t most) {
    if (pages < most) return {};
    return std::unexpected(SipError{sip.name + ": asks for " + std::to_string(pages) +
                                    " pages of " + what + ", and the machine has " +
                                    std::to_string(most) + " for SIPs"});
}

SipResult<void> check_memory(const Sip& sip, const verifier::Manifest& manifest) {
    TRY(check_pages(sip, manifest.memory_pages, "memory", zone_info(Zone::Sip).frames));
    return check_pages(sip, manifest.exchange_pages, "the exchange heap",
                       exchange_heap().most_bytes() / kPageSize);
}

} // namespace

SipResult<Word> grant(Sip& sip, const Resource& resource) {
    if (resource.what == Resource::What::Endpoint) return grant_endpoint(sip, resource);
    TRY(check(sip, resource));
    if (resource.what == Resource::What::Irq && !open_irq_line(resource.first))
        return refuse(sip, resource,
                      "interrupt " + std::to_string(resource.first) + " belongs to the kernel");
    if (resource.what == Resource::What::Ports && !claim_ports_for_sip(range_of(resource)))
        return refuse(sip, resource, "these ports belong to a C++ process");
    if (resource.what == Resource::What::Dma && !ide_dma_claim(resource.first))
        return refuse(sip, resource, "it belongs to a C++ process");
    return note(sip, resource);
}

SipResult<void> check_manifest(const verifier::Verified& verified, std::string_view name,
                               Starter starter, Services services) {
    const verifier::Manifest& manifest = verified.module().manifest;
    Sip probe; // on no list: it only collects what it would have
    probe.name = name;
    probe.starter = starter;
    TRY(check_memory(probe, manifest));
    for (const Resource& resource : manifest.resources) {
        TRY(check(probe, resource));
        if (resource.what == Resource::What::Endpoint)
            TRY(check_endpoint(probe, verified, resource, services));
        note(probe, resource);
    }
    return {};
}

void revoke_grants(Sip& sip) {
    for (PortRange range : sip.grants.ports)
        release_ports(range);
    for (std::uint32_t line = 0; line < 16; line++)
        if (sip.grants.irqs >> line & 1) close_irq_line(line);
    for (std::uint32_t number = 0; number < 32; number++)
        if (sip.grants.dmas >> number & 1) ide_dma_abandon(number, sip);
    if (sip.grants.processes) drop_power(sip);
    sip.grants = {};
}

} // namespace singlet::kern
