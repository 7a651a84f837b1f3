// The plugin's arguments (`-plugin clock.so,key=value,...`) and the check that this QEMU fits.
#pragma once
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

namespace singlet::clock {

inline constexpr int kApiVersion = 1; // the one qemu_plugin_api.hh declares

struct Options {
    bool count_only = false;      // mode=icount: instructions only; else mode=model
    bool profile = false;         // profile=1: with mode=icount, also by address
    std::string out;              // out=FILE: records, one line of JSON each
    std::string params;           // params=FILE: see params.hh
    std::string memory;           // memory=FILE: the guest's RAM (memory-backend-file, share=on)
    std::uint32_t clock_page = 0; // clock_page=ADDRESS: the guest's ClockPage, 0 for none
    std::vector<std::uint32_t> trap_entries; // trap_entry=ADDRESS: passed once by each trap taken

    /// Errors are one sentence each.
    static std::expected<Options, std::string> parse(std::span<char* const> arguments);
};

/// Why the plugin cannot work in a QEMU that offers the interface's versions `min` to `current` and
/// emulates `target` with `processors`; empty if it can.
[[nodiscard]] std::string why_unusable(int min, int current, const std::string& target,
                                       bool whole_system, int processors);

} // namespace singlet::clock
