// Where the types in registers came from, kept only while a refusal is being put into words: the verifier runs a function
// that it refuses a second time with a Trace, so that the first run, the fast one, carries none of this.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "verifier/diagnosis.hh"
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
    // What the instruction looked at has found: a refusal comes when it has changed half of it.
    std::vector<Type> types_before = {};
    std::vector<Origin> origins_before = {};

    void remember(std::span<const Type> registers) {
        types_before.assign(registers.begin(), registers.end());
        origins_before = origins;
    }
};

// "is i32 (set at instruction 3)", "is never set", "is ref A when coming from block 1 (set at instruction 0) and i32 when
// coming from block 2 (parameter 1)". Without a trace the places are left out.
std::string found_text(const Module& module, const Type& type, const Trace* trace, std::size_t reg);

// The two sides of a meeting: "ref A when coming from block 1 (set at instruction 0) and not set when coming from block 2".
std::string meeting_text(const Module& module, const MeetingNote& note);

// Where a value came from, as it stands in a frame: "parameter 0", "instruction 3, line 12", "block 1 or block 2".
std::string origin_text(const Function& function, Origin origin, const Trace& trace);

// The registers that hold something, one a line: "    r0   vec(u8)   owned   instruction 3, line 12". Without a trace, or where
// it does not know, the places are left out.
std::string frame_text(const Module& module, const Function& function,
                       std::span<const Type> registers, const Trace* trace = nullptr);

// The instructions that `origin` stands for, added to `places`.
void add_places(const Module& module, const Function& function, Origin origin, const Trace& trace,
                std::vector<Diagnosis::Place>& places);

// "r3"
std::string register_text(std::size_t reg);

} // namespace singlet::verifier
