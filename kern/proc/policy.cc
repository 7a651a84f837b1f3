#include "kern/proc/policy.hh"

#include "kern/boot/multiboot.hh"
#include "kern/cpu/exit.hh"
#include <optional>
#include <span>
#include <vector>

namespace singlet::kern {

namespace {

struct Line {
    std::string_view sip, domain;
    Level level;
    std::string_view heap = {};
    std::optional<Binding> trap = {}; // at level 3
};

constexpr std::string_view kShared = "shared", kOwn = "own";
constexpr std::string_view kForm =
    "\"<sip> <domain> <level 0 or 3> [heap=<name>] [int or sysenter]\"";

constexpr Line kOne[] = {{"*", "all", Level::Kernel}};
constexpr Line kClientApart[] = {{"client", "client", Level::Kernel}, {"*", "rest", Level::Kernel}};
constexpr Line kClientAtRing3[] = {{"client", "client", Level::User}, {"*", "rest", Level::Kernel}};
constexpr Line kEachAtRing3[] = {{"*", kOwn, Level::User}};

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

// What stands behind the level. False: it is no option.
bool read_option(std::string_view word, Line& line) {
    constexpr std::string_view kHeap = "heap=";
    if (word == "int" || word == "sysenter") {
        if (line.trap) return false;
        line.trap = word == "int" ? Binding::Interrupt : Binding::Sysenter;
        return true;
    }
    if (!word.starts_with(kHeap) || word == kHeap || !line.heap.empty()) return false;
    line.heap = word.substr(kHeap.size());
    return true;
}

std::optional<Line> parse_line(std::string_view text) {
    Line line{};
    std::uint32_t count = 0;
    bool good = true;
    for_each_piece(text, ' ', [&](std::string_view word) {
        switch (count++) {
        case 0:
            line.sip = word;
            return;
        case 1:
            line.domain = word;
            return;
        case 2:
            good = word == "0" || word == "3";
            line.level = word == "3" ? Level::User : Level::Kernel;
            return;
        default:
            good = good && read_option(word, line);
        }
    });
    if (!good || count < 3) return {};
    return line;
}

void read_line(std::string_view text, std::string_view file, int number) {
    const std::string_view said = text.substr(0, text.find('#'));
    if (said.find_first_not_of(' ') == said.npos) return;
    const std::optional<Line> line = parse_line(said);
    if (!line) fail("{}:{}: expected {}, found \"{}\"", file, number, kForm, text);
    if (line->level == Level::Kernel && line->trap)
        fail("{}:{}: level 0 calls the kernel without a trap", file, number);
    if (line->level == Level::User && line->heap == kShared)
        fail("{}:{}: level 3 cannot touch the shared heap: give it one with heap=<name>", file,
             number);
    extra_lines().push_back(*line);
}

} // namespace

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
        const bool user = line.level == Level::User;
        Placement placement{.domain = std::string(line.domain == kOwn ? sip : line.domain),
                            .heap = std::string(line.heap == kOwn ? sip : line.heap)};
        if (line.heap.empty() && user) placement.heap = placement.domain;
        if (line.heap == kShared) placement.heap.clear();
        if (user) placement.binding = line.trap.value_or(default_trap());
        return placement;
    };
    for (const Line& line : extra_lines())
        if (fits(line)) return placed(line);
    for (const Line& line : lines_of(options().protect))
        if (fits(line)) return placed(line);
    return {.domain = "all", .heap = {}};
}

} // namespace singlet::kern
