// What a SIP will be given and what it serves, in words: all that it can reach [Seal]. `sipv manifest`
// and the kernel print the same.
#pragma once

#include <string>

#include "lib/core/format.hh"
#include "verifier/module.hh"

namespace singlet::verifier {

/// Of a module that passed check_bounds().
std::string manifest_text(const Module& module);
/// The same without the states of its contracts.
void put_manifest(Sink& to, const Module& module);

} // namespace singlet::verifier
