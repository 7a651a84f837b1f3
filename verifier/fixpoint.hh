// Pass 5: the types of all registers at the beginning of every block, such that they hold whichever way control comes. Blocks
// are walked in reverse post-order; what a block hands to a successor meets what is known there, and a successor that learnt
// something is walked again. Types only rise in a lattice of small height, so this ends; the meter ends it sooner if a module
// is made to make it slow.
//
// Dead registers are left out of what meets.
// <since lab5>
// Pinned ones (meet.hh) never are, and null is not either: the other path may bring an owned value that it goes with, whichever
// of the two is walked first.
// </since>
#pragma once

#include "verifier/liveness.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {

Checked<BlockStates> find_states(const Program& program, std::size_t function, const Flow& flow,
                                 const std::vector<RegisterSet>& live, Meter& meter,
                                 Workspace& workspace, Observer* observer = nullptr);

} // namespace singlet::verifier
