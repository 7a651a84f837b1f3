// Modules as .sasm text. assemble(disassemble(m)) == m for every module that passes check_bounds().
#pragma once

#include <string>

#include "verifier/module.hh"

namespace singlet::verifier {

std::string disassemble(const Module& module);

// One instruction, without its select or switch table; for messages. Nothing of it need be valid.
std::string instruction_text(const Module& module, const Function& function, const Instruction& i);

} // namespace singlet::verifier
