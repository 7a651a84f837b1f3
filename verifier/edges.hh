// Pass 6: the proof checked. Given the states that pass 5 found, one walk over all blocks in the order of the code shows that
// they hold: the parameters fit the first block, each instruction accepts what it finds, and what each edge brings fits the
// block it leads to. It shares the transfer functions with the fixpoint but neither the order, nor liveness, nor the meet, so a
// mistake there cannot let a program through: a wrong state is refused here, however it came about. It needs no meter but for
// select: it goes along each edge once, as pass 5 has at least.
#pragma once

#include "verifier/flow.hh"

namespace singlet::verifier {

Result check_edges(const Program& program, std::size_t function, const BlockStates& entry,
                   Meter& meter, Workspace& workspace);

} // namespace singlet::verifier
