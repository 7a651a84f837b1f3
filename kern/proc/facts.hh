// What the kernel knows of the running system, as tables of text: for the shell, a debugger and a
// panic. Nothing is changed and, but for the manifests, nothing allocated, so that they can be printed
// in any state.
#pragma once
#include "lib/core/format.hh"
#include <cstdint>

namespace singlet::kern {

enum class Facts : std::uint32_t {
    Sips,
    ExchangeHeap,
    Channels,
    Memory,
    Domains,
    Threads,
    Manifests,
    Fragmentation,
    // <since lab7>
    Places,
    // </since>
    kCount
};

void print_facts(Facts which, Sink& to);

} // namespace singlet::kern
