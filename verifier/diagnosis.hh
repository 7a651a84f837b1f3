// Why a module was refused: one sentence for its author, and the registers at that point.
#pragma once

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
    std::uint32_t pc = kNowhere; // index of the instruction in the function
    std::uint32_t line = 0;      // of the source; 0 = unknown
    std::string sentence;        // what was expected, what was found, where that came from
    std::string frame;           // the registers before the instruction, one a line; may be empty

    // "hello.sasm:12: in main, block 2, instruction 7 (ldfld r1, r0, 0): <sentence>
    // [type.conflict]" and the frame below.
    std::string to_string() const;
};

template <typename T>
using Checked = std::expected<T, Diagnosis>;

} // namespace singlet::verifier
