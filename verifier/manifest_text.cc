#include "verifier/manifest_text.hh"

#include "lib/core/text_sink.hh"
#include "verifier/text.hh"

namespace singlet::verifier {

namespace {

void put_pages(Sink& to, const char* what, std::uint32_t pages) {
    if (pages)
        format_to(to, "{} {} pages ({} KB)\n", what, pages, pages * std::uint64_t{4});
    else
        format_to(to, "{} the kernel's default\n", what);
}

void put_resource(Sink& to, const Module& m, const Resource& r) {
    const Type& type = m.types[r.type];
    format_to(to, "is given {}: ", r.name);
    switch (r.what) {
    case Resource::What::Endpoint:
        return format_to(to, "{} {}\n", type.kind == Kind::Set ? "listener," : "endpoint",
                         type_text(m, type));
    case Resource::What::Ports:
        return format_to(to, "ports 0x{:x} to 0x{:x}\n", r.first,
                         r.first + std::uint64_t{r.count} - 1);
    case Resource::What::Irq:
        return format_to(to, "interrupt line {}\n", r.first);
    case Resource::What::Dma:
        return format_to(to, "DMA object {}\n", r.first);
    case Resource::What::Processes:
        return format_to(to, "power over processes: to install, start and kill them\n");
    }
}

void put_contract(Sink& to, const Contract& c) {
    auto put_state = [&](std::size_t n) {
        if (c.states[n].name.empty())
            format_to(to, "#{}", n);
        else
            to.put(c.states[n].name);
    };
    format_to(to, "contract {}\n", c.name);
    for (std::size_t i = 0; i < c.states.size(); i++) {
        to.put("  ");
        put_state(i);
        to.put(c.states[i].transitions.empty() ? ": end" : ":");
        bool first = true;
        for (const auto& t : c.states[i].transitions) {
            const auto& message = c.messages[t.message];
            bool in = message.direction == Contract::Direction::In;
            format_to(to, "{} {}{} -> ", first ? "" : " or", message.name, in ? '?' : '!');
            put_state(t.next);
            first = false;
        }
        to.put("\n");
    }
}

} // namespace

void put_manifest(Sink& to, const Module& m) {
    const Manifest& x = m.manifest;
    format_to(to, "SIP {}{}{}\nentry {}\n", x.sip, m.sources.empty() ? "" : ", from ",
              m.source_name(), m.functions[x.entry].name);
    put_pages(to, "memory", x.memory_pages);
    put_pages(to, "exchange heap", x.exchange_pages);
    if (x.resources.empty()) to.put("is given nothing\n");
    for (const Resource& r : x.resources)
        put_resource(to, m, r);
    for (auto e : x.exports)
        format_to(to, "serves {}\n", m.contracts[e].name);
    for (const Import& i : m.imports)
        format_to(to, "calls {}\n", i.name);
}

std::string manifest_text(const Module& m) {
    TextSink to;
    put_manifest(to, m);
    for (const Contract& c : m.contracts)
        put_contract(to, c);
    return to.text();
}

} // namespace singlet::verifier
