// Why a module was refused: one sentence for its author, and the registers at that point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

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

    // "hello.sasm:12: in main, block 2, instruction 7 (ldfld r1, r0, 0): <sentence>
    // [type.conflict]" and the frame below.
    std::string to_string() const;
};

template <typename T>
using Checked = std::expected<T, Diagnosis>;

struct Module;

// A diagnosis at instruction `pc` of function number `function`: names the place (source, line, block, instruction as text) from
// the module, which may be wrong in every other way. The frame is the caller's to add.
Diagnosis diagnose(const Module& module, std::size_t function, std::uint32_t pc, Rule rule,
                   std::string sentence);

} // namespace singlet::verifier
