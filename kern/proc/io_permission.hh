// Which I/O ports code at CPL 3 may use: the bitmap behind the task-state segment [SDM1 19.5.2].
#pragma once
#include <cstdint>
#include <vector>

namespace singlet::kern {

struct PortRange {
    std::uint16_t first = 0, count = 0;
};
using Ports = std::vector<PortRange>;

/// A port has one owner. False: a port of the range has another already.
[[nodiscard]] bool claim_ports(PortRange range);
// <since lab6>
/// For a SIP: no C++ process has them. What another SIP has is its manifest's affair [kern/install/grants.cc].
[[nodiscard]] bool claim_ports_for_sip(PortRange range);
// </since>
void release_ports(PortRange range);

/// These ports, and no others, are open at CPL 3 from now on. Cheap when they are already. While they
/// are open, `ports` stays where and as it is.
void open_ports(const Ports& ports);
/// These ports are closed, if they were open: before their owner gives them back.
void close_ports(const Ports& ports);

} // namespace singlet::kern
