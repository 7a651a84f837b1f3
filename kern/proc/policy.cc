#include "kern/proc/policy.hh"

#include "kern/boot/multiboot.hh"
#include "kern/cpu/exit.hh"
#include <array>
#include <span>
#include <vector>

namespace singlet::kern {

namespace {

struct Line {
    std::string_view sip, domain;
    Level level;
};

constexpr Line kOne[] = {{"*", "all", Level::Kernel}};
constexpr Line kClientApart[] = {{"client", "client", Level::Kernel}, {"*", "rest", Level::Kernel}};
constexpr Line kClientAtRing3[] = {{"client", "client", Level::User}, {"*", "rest", Level::Kernel}};
constexpr Line kEachAtRing3[] = {{"*", "own", Level::User}};

std::span<const Line> lines_of(Protect mode) {
    switch (mode) {
    case Protect::NoChecks:
    case Protect::Physical:
    case Protect::Paging:
        return kOne;
    case Protect::Domain:
        return kClientApart;
    case Protect::Ring3:
        return kClientAtRing3;
    case Protect::Microkernel:
        return kEachAtRing3;
    }
    return kOne;
}

std::vector<Line>& extra_lines() {
    static auto& lines = *new std::vector<Line>;
    return lines;
}

void read_line(std::string_view text, std::string_view file, int number) {
    std::array<std::string_view, 4> words;
    std::size_t count = 0;
    for_each_piece(text.substr(0, text.find('#')), ' ', [&](std::string_view word) {
        if (count < words.size()) words[count++] = word;
    });
    if (count == 0) return;
    if (count != 3 || (words[2] != "0" && words[2] != "3"))
        fail("{}:{}: expected \"<sip> <domain> <level 0 or 3>\", found \"{}\"", file, number, text);
    extra_lines().push_back({words[0], words[1], words[2] == "3" ? Level::User : Level::Kernel});
}

} // namespace

bool mode_has_paging(Protect mode) { return mode >= Protect::Paging; }

void read_policy() {
    std::string_view file = options().policy;
    if (file.empty()) return;
    const BootModule* module = find_module(file);
    if (!module) fail("policy={}: there is no boot module of that name", file);
    std::string_view text(reinterpret_cast<const char*>(module->bytes().data()), module->size);
    for (int number = 1; !text.empty(); number++) {
        std::size_t end = text.find('\n');
        read_line(text.substr(0, end), file, number);
        text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    }
    bool user = false;
    for (const Line& line : extra_lines())
        user |= line.level == Level::User;
    if (user && !mode_has_paging(options().protect))
        fail("{}: level 3 needs paging, which protect={} has not", file,
             name_of(options().protect));
}

Placement place(std::string_view sip, bool is_client) {
    auto fits = [&](const Line& line) {
        return line.sip == "*" || line.sip == sip || (is_client && line.sip == "client");
    };
    auto placed = [&](const Line& line) {
        return Placement{std::string(line.domain == "own" ? sip : line.domain), line.level};
    };
    for (const Line& line : extra_lines())
        if (fits(line)) return placed(line);
    for (const Line& line : lines_of(options().protect))
        if (fits(line)) return placed(line);
    return {.domain = "all"};
}

} // namespace singlet::kern
