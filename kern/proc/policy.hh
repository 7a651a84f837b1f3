// Which SIP lives in which domain, and at which level: data, not code. Each protection mode is a few
// lines of a table [OSR 4; design 5]; `policy=` names a boot module with more lines, which come first:
//
//     # sip      domain   level          "client": the last SIP of run=    "*": any
//     webfiles   client   3              "own" as domain: one for each SIP
#pragma once
#include "kern/boot/options.hh"
#include "kern/proc/domain.hh"
#include <string_view>

namespace singlet::kern {

struct Placement {
    std::string domain;
    Level level = Level::Kernel;
};

/// Where a SIP lives in the mode that the machine was started in.
Placement place(std::string_view sip, bool is_client);

/// Reads the module that policy= names; bad lines end the boot with a sentence.
void read_policy();

bool mode_has_paging(Protect mode);

} // namespace singlet::kern
