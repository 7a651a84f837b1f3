// A module from a .sbc file or .sasm text, verified; what is wrong with it ends the program with one
// sentence. (sipv's own loader needs a library that Debian has for 64 bits only.)
#pragma once

#include <string>

#include "verifier/verify.hh"

namespace singlet::native {

enum ExitStatus : int { // those of sipv
    kFine = 0,
    kRefused = 1,
    kUsage = 2,
    kTrapped = 120,
    kStuck = 121,
    kDeadlocked = 122,
    kOutOfTime = 123,
};

[[noreturn]] void give_up(ExitStatus status, const std::string& sentence);
verifier::Verified load(const std::string& path);

} // namespace singlet::native
