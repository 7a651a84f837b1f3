// What the passes over functions need on the way and do not hand on. One is used for all functions of a module, one after the
// other, so that a small function does not ask the heap for anything that it does not keep.
#pragma once

#include "verifier/predecessors.hh"
#include "verifier/verify.hh"
#include "verifier/worklist.hh"

namespace singlet::verifier {

struct Workspace {
    // Pass 3: the blocks on the way to the one that is being visited; of each, how many successors have been gone to.
    struct Visit {
        std::uint16_t block;
        std::size_t next;
    };
    std::vector<Visit> visits;

    // Pass 4: what each block's instructions alone read before they write it, and what they write.
    struct BlockSets {
        RegisterSet uses, defines;
    };
    std::vector<BlockSets> sets;
    Predecessors predecessors;

    Worklist pending;          // passes 4 and 5: blocks to look at again
    std::vector<bool> reached; // pass 5: blocks that some path has come to
    Registers registers;       // passes 5 and 6: as they are at the instruction at hand

    // A large function's store is given back: memory is reckoned for one such function at a time [budget.cc].
    static constexpr std::size_t kLarge = 256;
    void keep_little() {
        if (sets.size() > kLarge) *this = {};
    }
};

} // namespace singlet::verifier
