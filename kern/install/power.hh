// What a SIP that was granted Processes has in the kernel: the programs it installed, under numbers
// that mean nothing to others, and why its last call was refused. It goes with the SIP; the SIPs
// that it started do not.
#pragma once
#include "kern/install/installer.hh"
#include <string>
#include <vector>

namespace singlet::kern {

inline constexpr std::size_t kMostPrograms = 256; // installed by one holder

struct Power {
    struct Entry {
        std::uint32_t number;
        std::string name;
        ProgramRef program;
        ImageRef image; // compiled: kept until the program is removed
    };

    const Sip* holder = nullptr;
    std::vector<Entry> programs{};
    std::uint32_t last_number = 0;
    std::string refusal{};
    Installation* installation = nullptr; // that the holder waits for

    Entry* find(std::uint32_t number);
};

/// Of a SIP that was granted it.
Power& power_of(const Sip& sip);
/// The holder ends: what it installed and what it has not yet started goes.
void drop_power(const Sip& sip);

} // namespace singlet::kern
