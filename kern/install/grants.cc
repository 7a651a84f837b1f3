#include "kern/install/grants.hh"

#include "kern/dev/ide_dma.hh"
#include "kern/dev/irq_line.hh"
#include "kern/install/listeners.hh"
#include "lib/core/format.hh"
#include <algorithm>

namespace singlet::kern {

namespace {

using verifier::Resource;

constexpr PortRange kGrantablePorts[] = {
    {0x1f0, 8}, {0x3f6, 1}, // primary IDE channel: task file, control
    {0x170, 8}, {0x376, 1}, // secondary
    {0x60, 1},  {0x64, 1},  // keyboard
};
constexpr std::uint32_t kGrantableIrqs = 1u << 1 | 1u << 14 | 1u << 15;

std::unexpected<SipError> refuse(const Sip& sip, const Resource& resource, std::string why) {
    return std::unexpected(SipError{sip.name + ": " + resource.name + ": " + std::move(why)});
}

std::string hexadecimal(std::uint32_t number) {
    char text[16];
    BufferSink sink(text);
    format_to(sink, "0x{:x}", number);
    return std::string(sink.text());
}

// Calls `uses` for every other SIP that lives; the name of the first for which it holds.
template <class F>
const std::string* owner(const Sip& sip, F uses) {
    for (const Sip* s = all_sips().first(); s; s = all_sips().next(*s))
        if (s->state != Sip::State::Ended && uses(*s)) return &s->name;
    (void)sip;
    return nullptr;
}

SipResult<Word> grant_ports(Sip& sip, const Resource& resource) {
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
    PortRange range{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(resource.count)};
    if (!claim_ports(range)) return refuse(sip, resource, ports + " belong to a C++ process");
    sip.grants.ports.push_back(range);
    return rt::port_range(range.first, range.count);
}

SipResult<Word> grant_irq(Sip& sip, const Resource& resource) {
    std::uint32_t line = resource.first;
    if (line >= 32 || !(kGrantableIrqs >> line & 1))
        return refuse(sip, resource, "interrupt " + std::to_string(line) + " is not given to SIPs");
    auto* other = owner(sip, [&](const Sip& s) { return s.grants.irqs >> line & 1; });
    if (other || !open_irq_line(line))
        return refuse(sip, resource,
                      "interrupt " + std::to_string(line) + " belongs to " +
                          (other ? *other : "the kernel"));
    sip.grants.irqs |= 1u << line;
    return line;
}

SipResult<Word> grant_dma(Sip& sip, const Resource& resource) {
    std::uint32_t number = resource.first;
    std::string object = "DMA object " + std::to_string(number);
    if (!ide_dma_exists(number)) return refuse(sip, resource, object + " does not exist");
    auto* other = owner(sip, [&](const Sip& s) { return s.grants.dmas >> number & 1; });
    if (other) return refuse(sip, resource, object + " belongs to " + *other);
    sip.grants.dmas |= 1u << number;
    return number;
}

} // namespace

SipResult<Word> grant(Sip& sip, const Resource& resource) {
    switch (resource.what) {
    case Resource::What::Endpoint:
        return grant_endpoint(sip, resource);
    case Resource::What::Ports:
        return grant_ports(sip, resource);
    case Resource::What::Irq:
        return grant_irq(sip, resource);
    case Resource::What::Dma:
        return grant_dma(sip, resource);
    }
    return refuse(sip, resource, "a resource of an unknown kind");
}

void revoke_grants(Sip& sip) {
    for (PortRange range : sip.grants.ports)
        release_ports(range);
    for (std::uint32_t line = 0; line < 16; line++)
        if (sip.grants.irqs >> line & 1) close_irq_line(line);
    for (std::uint32_t number = 0; number < 32; number++)
        if (sip.grants.dmas >> number & 1) ide_dma_abandon(number, sip);
    drop_listeners(sip);
    sip.grants = {};
}

} // namespace singlet::kern
