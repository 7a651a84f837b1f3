// The last step of the compilation: temporaries share registers. While code is made, each has a register of its own, so that
// loops.cc may move it; but the verifier keeps a type for each register at each block, so few registers make it quick.
#pragma once

#include "verifier/verify.hh"

namespace singlet::singc {

void share_registers(verifier::Module& module, const verifier::Environment& environment);

} // namespace singlet::singc
