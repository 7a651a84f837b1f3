// From .sasm text to a Module. What the text means is in handouts/bytecode.md. The module is well-formed as text only: what
// check_bounds() and verify() ask is theirs to say, so that tests can write modules that are wrong.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "verifier/module.hh"

namespace singlet::verifier {

// The error is "file:line:column: expected ..., found ..." with the line and a caret below. Without a `source` item, the
// module's source is `file` and its line numbers are those of the text.
std::expected<Module, std::string> assemble(std::string_view text, std::string_view file);

} // namespace singlet::verifier
