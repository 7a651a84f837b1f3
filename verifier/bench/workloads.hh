// What the verifier is measured on: programs of a size that can be chosen, each with one thing that costs a verifier time. They
// are ordinary programs, of the kind that a compiler writes; the worst that limits.hh allows are in grade/worst_modules.py.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace singlet::verifier {

struct Shape {
    std::string_view name, what;
    std::string (*text)(std::size_t instructions); // .sasm of about so many
};

inline constexpr std::size_t kShapes = 7;
extern const Shape kShape[kShapes];

} // namespace singlet::verifier
