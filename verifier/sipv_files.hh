// Modules from files and into them, for sipv. What is wrong with a file ends the program with one sentence.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "verifier/module.hh"
#include "verifier/verify.hh"

namespace singlet::verifier {

enum ExitStatus : int { // of sipv; `sipv run` gives the SIP's own status where it has ended by itself
    kFine = 0,
    kRefused = 1, // the module, by its form or by the verifier
    kUsage = 2,   // arguments, or a file that cannot be read or written
    kTrapped = 120,
    kStuck = 121,
    kDeadlocked = 122,
    kOutOfSteps = 123,
};

[[noreturn]] void give_up(ExitStatus status, const std::string& sentence);

// A .sbc file (known by its first bytes) or .sasm text.
BoundedModule load(const std::string& path);
void save(const std::string& path, std::span<const std::uint8_t> bytes);

// Kernel calls as this tree's kernel has them.
Environment kernel_environment();

std::string isa_table(); // [sipv_isa.cc] Markdown

struct ExplainOptions {
    std::string function; // by name; empty: all
    std::string html;     // the file for the page; empty: none
    bool json = false;
};
int explain_file(const std::string& path, const ExplainOptions& options); // [sipv_explain.cc]

} // namespace singlet::verifier
