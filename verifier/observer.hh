// Who wants to see the verifier at work: what `sipv explain` shows is what happened here, not a second reading of the rules.
// Without an observer the verifier does the same and keeps nothing for it.
#pragma once

#include "verifier/message.hh"
#include "verifier/program.hh"

namespace singlet::verifier {

// A register in which what is known at a block's beginning and what another path brings are not the same.
struct Join {
    std::uint16_t target; // block
    std::uint16_t reg;
    MeetingNote::Path known, brought;
    Type result;
    bool lost; // an owned or borrowed value would be forgotten: the function is refused
};

class Observer {
public:
    // From here on it is about this function. What `program` refers to is there until the verifier returns.
    virtual void function(const Program& program, std::size_t number) = 0;
    // The fixpoint walks a block, with these types at its beginning; `trace` says where they came from.
    virtual void visit(std::uint16_t block, std::span<const Type> entry, const Trace& trace) = 0;
    // What the registers hold at the end of the walk arrives at `target`, for the first time or to be joined there.
    virtual void edge(std::uint16_t target, bool first, std::span<const Type> registers,
                      const Trace& trace) = 0;
    virtual void join(const Join& join) = 0;

protected:
    ~Observer() = default;
};

} // namespace singlet::verifier
