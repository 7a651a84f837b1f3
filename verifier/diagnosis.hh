// Why a module was refused: one sentence for its author, and the registers at that point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "verifier/rules.hh"

namespace singlet::verifier {

struct Diagnosis {
    static constexpr std::uint32_t kNowhere = 0xffffffff;

    Rule rule;
    std::string function; // empty: not in a function
    std::uint32_t block = kNowhere;
    std::uint32_t pc = kNowhere;  // index of the instruction in the function
    std::uint32_t line = 0;       // of the source; 0 = unknown
    std::string sentence;         // what was expected, what was found, where that came from
    std::string frame;            // the registers before the instruction, one a line; may be empty
    std::string source = {};      // file name; may be empty
    std::string instruction = {}; // as text; may be empty
    // The other instructions that the sentence speaks of, which made what was found.
    struct Place {
        std::uint32_t pc, line;
        std::string instruction;
    };
    std::vector<Place> places = {};

    // "hello.sasm:12: in main, block 2, instruction 7 (ldfld r1, r0, #0): <sentence> [reg.conflict]", and below it the places
    // ("hello.sasm:9: instruction 4 is ldi r0, 5") and the frame.
    std::string to_string() const;
};

template <typename T>
using Checked = std::expected<T, Diagnosis>;

struct Module;
struct Function;
struct Instruction;

// The source's line of an instruction; 0 = unknown.
std::uint32_t line_of(const Function& function, std::uint32_t pc);

// The instruction as text, its literal cut: no message is as long as a module likes.
std::string short_text(const Module& module, const Function& function, const Instruction& i);

// A diagnosis at instruction `pc` of function number `function`: names the place (source, line, block, instruction as text) from
// the module, which may be wrong in every other way. The frame is the caller's to add.
Diagnosis diagnose(const Module& module, std::size_t function, std::uint32_t pc, Rule rule,
                   std::string sentence);

// The result of a check; if it is a refusal, with the place of the function that it is about.
Checked<void> about(const Module& module, std::size_t function, Checked<void> result);

} // namespace singlet::verifier
