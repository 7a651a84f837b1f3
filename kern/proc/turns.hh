// Turns: of the threads that share them one at a time has the turn, and no other is Ready or Running. The timer may take the
// processor from it for threads that have nothing to do with these, but it has the turn until it waits, yields or ends. Who is
// woken gets in line; the first in line is next.
//
//                 waits                  woken            the turn is free
//   has the turn ------> Away (outside) ------> in line -----------------> has the turn
//
// So what the code of a SIP does between two calls into the kernel is one step for all its threads, and each thread but one
// stands at such a call. Whoever has threads that share something when they change, hears of it: leaves() and enters().
#pragma once
#include "kern/proc/thread.hh"

namespace singlet::kern {

class Turns {
public:
    /// `thread`, which runs, has the turn and is the only one so far.
    explicit Turns(Thread& thread) : holder_(&thread) { thread.turns = this; }

    // ---- for the scheduler
    /// The one that has the turn gives it up. Who has it now, and was in line; null: nobody.
    Thread* pass() {
        leaves(*holder_);
        return next();
    }
    /// As pass(), where nobody will come back for what the one that had the turn has left.
    Thread* next() {
        holder_ = line_.pop_front();
        if (holder_) enters(*holder_);
        return holder_;
    }
    /// `thread` wants the turn. True: it has it; else it is in line.
    bool take(Thread& thread) {
        if (holder_) return line_.push_back(thread), false;
        holder_ = &thread;
        enters(thread);
        return true;
    }
    bool wanted() const { return !line_.empty(); }

protected:
    ~Turns() = default;

private:
    /// The one that has the turn, and runs, will wait; another gets the turn, and will run.
    virtual void leaves(Thread& thread) = 0;
    virtual void enters(Thread& thread) = 0;

    Thread* holder_; // null: all wait
    List<Thread, &Thread::link> line_;
};

} // namespace singlet::kern
