// Where the types in registers came from, kept only while a refusal is being put into words: the verifier runs a function
// that it refuses a second time with a Trace, so that the first run, the fast one, carries none of this.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "verifier/module.hh"

namespace singlet::verifier {

// An instruction's index, or one of the marked values below.
using Origin = std::uint32_t;
inline constexpr Origin kNoOrigin = 0xffffffff;
inline constexpr Origin kMeeting = 0x80000000;   // | index in Trace::meetings
inline constexpr Origin kParameter = 0x40000000; // | the parameter's number

constexpr bool is_meeting(Origin origin) { return origin != kNoOrigin && (origin & kMeeting); }

// Two paths came together with different types in a register.
struct MeetingNote {
    static constexpr std::uint16_t kCaller = 0xffff; // as Path::from: the call, not a block
    struct Path {
        std::uint16_t from; // block
        Type type;
        Origin origin;
    };
    Path first, second;
};

class Observer; // observer.hh

struct Trace {
    std::vector<Origin> origins; // of each register, at the instruction looked at
    std::vector<MeetingNote> meetings;
    Observer* observer = nullptr; // may be none
};

// "is i32 (set at instruction 3)", "is never set", "is ref A when coming from block 1 (set at instruction 0) and i32 when
// coming from block 2 (parameter 1)". Without a trace the places are left out.
std::string found_text(const Module& module, const Type& type, const Trace* trace, std::size_t reg);

// The two sides of a meeting: "ref A when coming from block 1 (set at instruction 0) and not set when coming from block 2".
std::string meeting_text(const Module& module, const MeetingNote& note);

// "r3"
std::string register_text(std::size_t reg);

} // namespace singlet::verifier
