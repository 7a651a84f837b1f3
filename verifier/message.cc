#include "verifier/message.hh"

#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

std::string origin_text(const Type& type, Origin origin) {
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
    return what + from + origin_text(path.type, path.origin);
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
    if (type.kind != Kind::Unset)
        return "is " + type_text(module, type) + origin_text(type, origin);
    if (origin == kNoOrigin) return "is not set";
    return "was moved away at instruction " + number_text(origin);
}

} // namespace singlet::verifier
