// Which SIP lives in which domain, at which level, over which exchange heap: data, not code. Each
// protection mode is a few lines of a table [OSR 4; design 5]; `policy=` names a boot module with more
// lines, which come first:
//
//     # sip      domain   level   options         "client": the last SIP of run=    "*": any
//     webfiles   client   3                       "own" as domain: one for each SIP
//     fat        servers  3       heap=disk sysenter
//     ide        driver   3       heap=disk
//
// heap= is the exchange heap's name: "shared" is the kernel's, which only level 0 can use and does if
// nothing is said; "own" is named after the SIP. At level 3 it is named after the domain. Messages between
// SIPs over the same heap are not copied, wherever they live. `int` and `sysenter` are how level 3
// calls the kernel; otherwise the option trap= says that.
#pragma once
#include "kern/abi/binding.hh"
#include "kern/boot/options.hh"
#include "kern/proc/domain.hh"
#include <expected>
#include <string>
#include <string_view>

namespace singlet::kern {

struct Placement {
    std::string domain;
    std::string heap; // none: the shared one
    Binding binding = Binding::Call;
    Level level() const { return level_of(binding); }
};

/// Where a SIP lives in the mode that the machine was started in; `sip` is the name under which it was started.
Placement place(std::string_view sip, bool is_client);

/// Reads the module that policy= names; bad lines end the boot with a sentence.
void read_policy();

/// One more such line, for SIPs that are created from now on, in place of the one of this kind about the
/// same SIP. The error is a sentence.
std::expected<void, std::string> add_policy(std::string_view line);

} // namespace singlet::kern
