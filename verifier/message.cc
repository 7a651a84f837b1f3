#include "verifier/message.hh"

#include <algorithm>

#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

// Bounds of a frame: the kernel has to find room for it in a module's worst case, and a reader for its use.
constexpr std::size_t kFrameRows = 64, kTypeWidth = 60;

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

std::string set_text(const Type& type, Origin origin) {
    if (origin == kNoOrigin || is_meeting(origin)) return "";
    if (origin & kParameter) return " (parameter " + number_text(origin & ~kParameter) + ")";
    return (type.kind == Kind::Unset ? " (moved away at instruction " : " (set at instruction ") +
           number_text(origin) + ")";
}

std::string path_text(const Module& module, const MeetingNote::Path& path) {
    const std::string what = path.type.kind == Kind::Unset      ? "not set"
                             : path.type.kind == Kind::Conflict ? "of no one type"
                                                                : type_text(module, path.type);
    const std::string from = path.from == MeetingNote::kCaller
                                 ? " when the function is called"
                                 : " when coming from block " + number_text(path.from);
    return what + from + set_text(path.type, path.origin);
}

} // namespace

std::string register_text(std::size_t reg) { return "r" + number_text(reg); }

std::string meeting_text(const Module& module, const MeetingNote& note) {
    return path_text(module, note.first) + " and " + path_text(module, note.second);
}

std::string found_text(const Module& module, const Type& type, const Trace* trace,
                       std::size_t reg) {
    const Origin origin = trace ? trace->origins[reg] : kNoOrigin;
    if (is_meeting(origin))
        return "is " + meeting_text(module, trace->meetings[origin & ~kMeeting]);
    if (type.kind == Kind::Conflict) return "has different types on different paths";
    if (type.kind != Kind::Unset) return "is " + type_text(module, type) + set_text(type, origin);
    if (origin == kNoOrigin) return "is not set";
    return "was moved away at instruction " + number_text(origin);
}

std::string origin_text(const Function& function, Origin origin, const Trace& trace) {
    if (origin == kNoOrigin) return "";
    if (is_meeting(origin)) {
        const MeetingNote& note = trace.meetings[origin & ~kMeeting];
        auto from = [](std::uint16_t block) {
            return block == MeetingNote::kCaller ? "the caller" : "block " + number_text(block);
        };
        return from(note.first.from) + " or " + from(note.second.from);
    }
    if (origin & kParameter) return "parameter " + number_text(origin & ~kParameter);
    const std::uint32_t line = line_of(function, origin);
    return "instruction " + number_text(origin) + (line ? ", line " + number_text(line) : "");
}

std::string frame_text(const Module& module, const Function& function,
                       std::span<const Type> registers, const Trace* trace) {
    std::size_t type_width = 0, set = 0;
    bool any_owned = false;
    for (const Type& type : registers) {
        if (type.kind == Kind::Unset || ++set > kFrameRows) continue;
        type_width = std::max(type_width, std::min(kTypeWidth, type_text(module, type).size()));
        any_owned |= is_owned(type);
    }
    if (set == 0) return "    no register is set\n";
    std::string text;
    std::size_t shown = 0;
    for (std::size_t r = 0; r < registers.size() && shown < kFrameRows; ++r) {
        if (registers[r].kind == Kind::Unset) continue;
        ++shown;
        std::string row = "    " + padded(register_text(r), 4) + " " +
                          padded(type_text(module, registers[r]), type_width);
        if (any_owned) row += is_owned(registers[r]) ? "  owned" : "       ";
        if (trace) row += "  " + origin_text(function, trace->origins_before[r], *trace);
        row.resize(row.find_last_not_of(' ') + 1);
        text += row + "\n";
    }
    if (set > shown) text += "    and " + number_text(set - shown) + " more\n";
    return text;
}

void add_places(const Module& module, const Function& function, Origin origin, const Trace& trace,
                std::vector<Diagnosis::Place>& places) {
    if (origin == kNoOrigin || (!is_meeting(origin) && (origin & kParameter))) return;
    if (is_meeting(origin)) { // whose sides are no meetings themselves, or are not told of
        for (const MeetingNote::Path& path :
             {trace.meetings[origin & ~kMeeting].first, trace.meetings[origin & ~kMeeting].second})
            if (!is_meeting(path.origin)) add_places(module, function, path.origin, trace, places);
        return;
    }
    for (const Diagnosis::Place& place : places)
        if (place.pc == origin) return;
    places.push_back(
        {origin, line_of(function, origin), short_text(module, function, function.code[origin])});
}

} // namespace singlet::verifier
