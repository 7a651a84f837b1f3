// The defensive interpreter: runs a module with tagged values and checks at every instruction what that instruction needs,
// knowing nothing of what the verifier proved. It is the oracle twice over: compiled code must end as it ends and print what
// it prints, and a verified module must never get `Stuck` in it - a Stuck after verify() is a hole in the verifier.
//
// Given a proof, it also holds the values of all registers against the types that the proof gives them, before each
// instruction: a Mismatch is a wrong proof, however well the program goes on.
//
// A SIP alone: there is no other process and no hardware, so both ends of every channel are in the program, and a select
// that nobody can satisfy any more is a Deadlock.
// <since lab6>
// Its threads take turns as they do in the kernel, so there is one order in which everything happens.
// </since>
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "lib/rt/layout.hh"
#include "verifier/program.hh"

namespace singlet::verifier {

struct Outcome {
    enum class What : std::uint8_t {
        Exit,       // returned or called exit, with `status`
        Trap,       // a legal end: `reason` and `number`
        Stuck,      // did what no verified program can do
        Deadlock,   // waits for what cannot come
        OutOfSteps, // InterpretOptions::steps are used up
        Mismatch,   // a register holds what its type in the proof does not describe
    };
    What what = What::Exit;
    std::int32_t status = 0;
    rt::TrapReason reason = rt::TrapReason::None;
    std::uint32_t number = 0;
    std::string where; // "main, block 2, instruction 7 (add r1, r2, r3)"; why, if Stuck or Mismatch
    std::string console; // all that was printed
    std::uint64_t steps = 0;
    std::set<std::string> executed; // mnemonics, if InterpretOptions::coverage

    // "exit 0", "trap DivideByZero", "trap Explicit 7", "stuck", "deadlock", "out of steps",
    // "state mismatch".
    std::string summary() const;
};

std::string_view trap_name(rt::TrapReason reason);

struct InterpretOptions {
    std::uint64_t steps = 1'000'000'000;
    std::uint64_t memory_bytes = 64u << 20; // collected, where the manifest does not say
    std::uint64_t exchange_bytes = 64u
                                   << 20; // in the exchange heap, where the manifest does not say
    std::uint32_t depth = 10'000;         // calls in progress
    std::uint32_t threads = 16;           // limits::kThreads
    bool coverage = false;
    std::vector<std::int32_t> arguments = {}; // what the kernel call `argument` gives
};

// The module must have passed check_bounds(); it need not be verified.
Outcome interpret(const Module& module, const Environment& environment,
                  const InterpretOptions& options);

// What is claimed of a program: the types of all registers at the beginning of every block, one BlockStates a function, such
// that each instruction accepts what it finds.
struct Proof {
    Program program;
    std::vector<const BlockStates*> entry;
};
Proof proof_of(const Verified& verified); // refers to it

// Runs a program and holds it against its proof.
Outcome interpret(const Proof& proof, const InterpretOptions& options);

} // namespace singlet::verifier
