#include "grade/clock/options.hh"

#include <charconv>
#include <string_view>

namespace singlet::clock {
namespace {

std::expected<std::uint32_t, std::string> address(std::string_view key, std::string_view text) {
    std::uint32_t value = 0;
    const int base = text.starts_with("0x") ? 16 : 10;
    const std::string_view digits = base == 16 ? text.substr(2) : text;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error == std::errc{} && end == digits.data() + digits.size()) return value;
    return std::unexpected(std::string(key) + "='" + std::string(text) + "' is not an address");
}

} // namespace

std::expected<Options, std::string> Options::parse(std::span<char* const> arguments) {
    Options options;
    for (const std::string_view argument : arguments) {
        const auto equals = argument.find('=');
        const std::string_view key = argument.substr(0, equals);
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view{} : argument.substr(equals + 1);
        if (key == "out") {
            options.out = value;
        } else if (key == "params") {
            options.params = value;
        } else if (key == "memory") {
            options.memory = value;
        } else if (key == "mode" && (value == "model" || value == "icount")) {
            options.count_only = value == "icount";
        } else if (key == "profile" && value == "1") {
            options.profile = true;
        } else if (key == "clock_page" || key == "trap_entry") {
            const auto at = address(key, value);
            if (!at) return std::unexpected(at.error());
            if (key == "trap_entry")
                options.trap_entries.push_back(*at);
            else
                options.clock_page = *at;
        } else {
            return std::unexpected("unknown argument '" + std::string(argument) + "'");
        }
    }
    if (options.out.empty()) return std::unexpected("out=FILE is missing");
    if (options.params.empty() && !options.count_only)
        return std::unexpected("params=FILE is missing (or say mode=icount)");
    if (options.profile && !options.count_only)
        return std::unexpected("profile=1 needs mode=icount");
    if (options.clock_page != 0 && options.memory.empty())
        return std::unexpected("clock_page needs memory=FILE, the guest's RAM");
    return options;
}

std::string why_unusable(int min, int current, const std::string& target, bool whole_system,
                         int processors) {
    if (min > kApiVersion || current < kApiVersion)
        return "this QEMU's plugin interface has versions " + std::to_string(min) + " to " +
               std::to_string(current) + ", the model clock is written for version " +
               std::to_string(kApiVersion) + " (QEMU 4.2 to 8.1, for example Debian 12's 7.2)";
    if (!whole_system || (target != "i386" && target != "x86_64"))
        return "the model clock needs qemu-system-i386 or qemu-system-x86_64, not '" + target + "'";
    if (processors != 1)
        return "the model clock models one processor, the machine has " +
               std::to_string(processors);
    return {};
}

} // namespace singlet::clock
