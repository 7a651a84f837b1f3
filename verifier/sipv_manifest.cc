// What a SIP will be given and what it serves, in words: all that it can reach.
#include <fmt/format.h>

#include "verifier/sipv_files.hh"
#include "verifier/text.hh"

namespace singlet::verifier {

namespace {

std::string pages(std::uint32_t n) {
    return n ? fmt::format("{} pages ({} KB)", n, n * std::uint64_t{4}) : "the kernel's default";
}

std::string resource(const Module& m, const Resource& r) {
    const Type& type = m.types[r.type];
    switch (r.what) {
    case Resource::What::Endpoint:
        if (type.kind == Kind::Set) return fmt::format("listener, {}", type_text(m, type));
        return fmt::format("endpoint {}", type_text(m, type));
    case Resource::What::Ports:
        return fmt::format("ports {:#x} to {:#x}", r.first, r.first + std::uint64_t{r.count} - 1);
    case Resource::What::Irq:
        return fmt::format("interrupt line {}", r.first);
    case Resource::What::Dma:
        return fmt::format("DMA object {}", r.first);
    }
    return "";
}

std::string contract(const Contract& c) {
    std::string text = fmt::format("contract {}\n", c.name);
    for (std::size_t i = 0; i < c.states.size(); i++) {
        const auto& s = c.states[i];
        auto name = [&](std::size_t n) {
            return c.states[n].name.empty() ? fmt::format("#{}", n) : c.states[n].name;
        };
        text += fmt::format("  {}:", name(i));
        if (s.transitions.empty()) text += " end";
        bool first = true;
        for (const auto& t : s.transitions) {
            const auto& message = c.messages[t.message];
            text +=
                fmt::format("{} {}{} -> {}", first ? "" : " or", message.name,
                            message.direction == Contract::Direction::In ? '?' : '!', name(t.next));
            first = false;
        }
        text += "\n";
    }
    return text;
}

} // namespace

std::string manifest_text(const Module& m) {
    const Manifest& x = m.manifest;
    std::string text =
        fmt::format("SIP {}{}\nentry {}\nmemory {}\nexchange heap {}\n", x.sip,
                    m.sources.empty() ? "" : ", from " + m.sources[0], m.functions[x.entry].name,
                    pages(x.memory_pages), pages(x.exchange_pages));
    if (x.resources.empty()) text += "is given nothing\n";
    for (const Resource& r : x.resources)
        text += fmt::format("is given {}: {}\n", r.name, resource(m, r));
    for (auto e : x.exports)
        text += fmt::format("serves {}\n", m.contracts[e].name);
    for (const Import& i : m.imports)
        text += fmt::format("calls {}\n", i.name);
    for (const Contract& c : m.contracts)
        text += contract(c);
    return text;
}

} // namespace singlet::verifier
