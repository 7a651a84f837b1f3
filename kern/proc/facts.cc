#include "kern/proc/facts.hh"

#include "kern/ipc/registry.hh"
#include "kern/mem/heap.hh"
#include "kern/proc/ends.hh"
#include "kern/proc/sip.hh"
#include "verifier/manifest_text.hh"

namespace singlet::kern {

namespace {

template <class F>
void for_each_sip(F each) {
    for (const Sip* sip = all_sips().first(); sip; sip = all_sips().next(*sip))
        each(*sip);
}

std::string_view name_of(Thread::State state) {
    constexpr std::string_view kNames[] = {
        "new", "ready", "running", "waits", "dead",
        // <since lab6>
        "waits", "in line",
        // </since>
    };
    return kNames[static_cast<std::size_t>(state)];
}

std::string_view state_of(const Sip& sip) {
    if (sip.state == Sip::State::Created) return "created";
    if (sip.state == Sip::State::Ended) return "ended";
    return sip.thread ? name_of(sip.thread->state()) : "";
}

std::uint32_t pages_of(const Sip& sip) { return sip.pages.used(); }

struct Count {
    std::uint32_t blocks = 0, endpoints = 0, sets = 0;
};

// The roots: what lies below one belongs to it [ipc/owned.hh].
Count roots_of(const Sip& sip) {
    Count count;
    for (const Owned* root = sip.owned.first(); root; root = sip.owned.next(*root)) {
        count.blocks += root->is_block();
        count.endpoints += root->kind == OwnedKind::Endpoint;
        if (root->kind != OwnedKind::Set) continue;
        count.sets++;
        const OwnedList& members = static_cast<const EndpointSet*>(root)->members;
        for (const Owned* member = members.first(); member; member = members.next(*member))
            count.endpoints++;
    }
    return count;
}

// <since lab7 = std::uint32_t level_of(const Sip&) { return 0; }>
std::uint32_t level_of(const Sip& sip) { return std::uint32_t(sip.level); }
// </since>
// <since lab7 = std::string_view domain_of(const Sip&) { return "kernel"; } // there is no other yet>
std::string_view domain_of(const Sip& sip) { return sip.domain->name(); }
// </since>

std::uint32_t threads_of(const Sip& sip) {
    // <since lab6>
    if (sip.threads) return sip.threads->count();
    // </since>
    return sip.state == Sip::State::Running ? 1 : 0;
}

void print_sips(Sink& to) {
    format_to(to, " sip name             state   cpl domain           pages  blocks  threads\n");
    for_each_sip([&](const Sip& sip) {
        format_to(to, "{:4} {:<16} {:<7} {:3} {:<16} {:5} {:7} {:8}\n", sip.number, sip.name,
                  state_of(sip), level_of(sip), domain_of(sip), pages_of(sip), roots_of(sip).blocks,
                  threads_of(sip));
    });
    format_to(to, "{} have ended\n", ends_so_far());
}

void print_exchange_heap(Sink& to) {
    format_to(to, " sip name              bytes     quota  blocks endpoints sets\n");
    for_each_sip([&](const Sip& sip) {
        if (!sip.account) return;
        Count count = roots_of(sip);
        format_to(to, "{:4} {:<16} {:6} {:9} {:7} {:9} {:4}\n", sip.number, sip.name,
                  sip.account->bytes, sip.account->quota, count.blocks, count.endpoints,
                  count.sets);
    });
    const HeapStats& all = exchange_heap().stats();
    format_to(to, "in all {} blocks, {} endpoints, {} sets, on {} pages; {} bytes were copied\n",
              all.blocks, all.endpoints, all.sets, all.pages, all.copied);
}

void print_holder(const Endpoint* endpoint, Sink& to) {
    auto* sip = endpoint ? static_cast<const Sip*>(party_of(*endpoint)) : nullptr;
    if (sip)
        format_to(to, "{:4} {:<16}", sip->number, sip->name);
    else
        format_to(to, "   - {:<16}", endpoint ? "(in a message)" : "(closed)");
}

// Each channel once: at the importer's end, or at the exporter's when the importer's is closed.
void print_channel(const Endpoint& end, Sink& to) {
    bool importer = end.side == 0;
    const Endpoint* peer = end.peer;
    if (!importer && peer && party_of(*peer)) return;
    const Endpoint* ends[] = {importer ? &end : peer, importer ? peer : &end};
    format_to(to, "{:<20}", type_registry().name_of(*end.contract));
    for (const Endpoint* e : ends)
        print_holder(e, to);
    format_to(to, "{:3} {:3}\n", ends[0] ? ends[0]->count : 0, ends[1] ? ends[1]->count : 0);
}

void print_channels(Sink& to) {
    format_to(to,
              "contract             sip importer         sip exporter         unread by each\n");
    for_each_sip([&](const Sip& sip) {
        for (const Owned* root = sip.owned.first(); root; root = sip.owned.next(*root)) {
            if (root->kind == OwnedKind::Endpoint)
                print_channel(static_cast<const Endpoint&>(*root), to);
            if (root->kind != OwnedKind::Set) continue;
            const OwnedList& members = static_cast<const EndpointSet*>(root)->members;
            for (const Owned* member = members.first(); member; member = members.next(*member))
                print_channel(static_cast<const Endpoint&>(*member), to);
        }
    });
}

void print_memory(Sink& to) {
    format_to(to, "zone      pages    free\n");
    for (Zone zone : {Zone::Kernel, Zone::Sip}) {
        ZoneInfo info = zone_info(zone);
        format_to(to, "{:<7} {:7} {:7}\n", zone == Zone::Kernel ? "kernel" : "SIPs", info.frames,
                  info.free);
    }
    heap::Counts counts = heap::counts();
    format_to(to, "kernel heap: {} blocks on {} pages\n", counts.blocks, counts.frames);
}

// A line for each length of run that there is: lengths of one to under two, two to under four ...
void print_run_lengths(const Fragmentation& kernel, const Fragmentation& sips, Sink& to) {
    format_to(to, "runs of         kernel    SIPs\n");
    for (std::size_t n = 0; n < kernel.by_length.size(); n++)
        if (kernel.by_length[n] + sips.by_length[n] != 0)
            format_to(to, "{:6} to {:6} {:7} {:7}\n", 1u << n, (2u << n) - 1, kernel.by_length[n],
                      sips.by_length[n]);
}

void print_fragmentation(Sink& to) {
    const Fragmentation zones[] = {fragmentation(Zone::Kernel), fragmentation(Zone::Sip)};
    format_to(to, "zone       free    runs largest (in pages)\n");
    for (const Fragmentation& zone : zones)
        format_to(to, "{:<7} {:7} {:7} {:7}\n", &zone == zones ? "kernel" : "SIPs", zone.free,
                  zone.runs, zone.largest_run);
    print_run_lengths(zones[0], zones[1], to);
}

void print_domains(Sink& to) {
    format_to(to, "domain           cpl page tables sips\n");
    // <since lab7>
    for_each_sip([&](const Sip& sip) {
        bool first = true; // of its domain
        for (const Sip* s = all_sips().first(); s != &sip; s = all_sips().next(*s))
            first &= s->domain != sip.domain;
        if (first)
            format_to(to, "{:<16} {:3} {:<11} {:4}\n", domain_of(sip), level_of(sip),
                      sip.domain->has_pages() ? "own" : "-", sip.domain->sips);
    });
    // </since>
}

// <since lab7>
std::string_view name_of(Binding binding) {
    constexpr std::string_view kNames[] = {"call", "int", "sysenter"};
    return kNames[static_cast<std::size_t>(binding)];
}

void print_places(Sink& to) {
    format_to(to,
              " sip name             domain           cpl heap             calls the kernel by\n");
    for_each_sip([&](const Sip& sip) {
        const Ref<DomainHeap>& heap = sip.domain->heap();
        format_to(to, "{:4} {:<16} {:<16} {:3} {:<16} {}\n", sip.number, sip.name,
                  sip.domain->name(), std::uint32_t(sip.level), heap ? heap->name() : "shared",
                  name_of(sip.image->binding));
    });
}
// </since>

void print_threads(Sink& to) {
    format_to(to, "thread           state\n");
    Thread::for_each([&](const Thread& thread) {
        format_to(to, "{:<16} {}\n", thread.name(), name_of(thread.state()));
    });
}

void print_manifests(Sink& to) {
    for_each_sip([&](const Sip& sip) {
        format_to(to, "sip {} {}\n", sip.number, sip.name);
        verifier::put_manifest(to, sip.image->program->module());
        format_to(to, "\n");
    });
}

} // namespace

void print_facts(Facts which, Sink& to) {
    constexpr void (*kTables[])(Sink&) = {
        print_sips, print_exchange_heap, print_channels, print_memory, print_domains, print_threads,
        print_manifests, print_fragmentation,
        // <since lab7>
        print_places,
        // </since>
    };
    static_assert(std::size(kTables) == std::size_t(Facts::kCount));
    kTables[static_cast<std::size_t>(which)](to);
}

} // namespace singlet::kern
