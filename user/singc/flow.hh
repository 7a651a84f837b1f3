// What is known about each variable at one point of a function: whether it holds something, whether that may be null, and an
// endpoint's state. The checker carries one Flow along the statements, copies it where paths part and joins where they meet.
#pragma once

#include <vector>

#include "user/singc/symbols.hh"

namespace singlet::singc {

struct VariableFlow {
    enum class Status : std::uint8_t {
        Unset,  // nothing was put here yet
        Here,   // holds a value
        Gone,   // its owned value was given away
        Mixed,  // one on some paths, another on others
        Poison, // an error was reported: anything goes
    };
    enum class Null : std::uint8_t { No, Maybe, Yes };

    Status status = Status::Unset;
    Null null = Null::No;
    std::uint16_t state = 0;
    bool deleted = false; // Gone: by `delete`
    Place since;          // where this came to be
};

struct Flow {
    bool reachable = true;
    std::vector<VariableFlow> variables; // by Variable::slot
};

// Equal in what is known; where it came from does not count.
bool same(const Flow& a, const Flow& b);

// Joins two flows into the scope of `variables`. Owned things that do not agree are reported at `place`; `what` says what meets
// there ("the two ways of this `if`").
Flow join(const Flow& a, const Flow& b, const std::vector<Variable*>& variables,
          const Program& program, Diagnostics& diagnostics, Place place, std::string_view what);

} // namespace singlet::singc
