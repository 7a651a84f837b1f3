// From an instruction's bytes to its class. Only what costs something special is told apart; all
// the rest is Class::Simple, and what an instruction does to memory is seen when it does it.
// 32-bit code is assumed. [SDM2 A.2: opcode maps]
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace singlet::clock {

enum class Category { Instructions, Branches, FetchCache, DataCache, Tlb, Traps, Switches, Io };
inline constexpr std::array<std::string_view, 8> kCategoryNames{
    "instructions", "branches", "fetch_cache", "data_cache", "tlb", "traps", "switches", "io"};

enum class Class : std::uint8_t {
#define CLASS(name, parameter, category) name,
#include "grade/clock/classes.def"
#undef CLASS
};
inline constexpr std::array kClassNames{
#define CLASS(name, parameter, category) std::string_view(#parameter),
#include "grade/clock/classes.def"
#undef CLASS
};
inline constexpr std::array kClassCategories{
#define CLASS(name, parameter, category) Category::category,
#include "grade/clock/classes.def"
#undef CLASS
};
inline constexpr std::size_t kClasses = kClassNames.size();

struct Decoded {
    Class kind = Class::Simple;
    bool repeated = false;    // a string instruction with rep: QEMU shows it once an element
    bool conditional = false; // jcc, loop, jecxz: goes to a branch predictor
    std::optional<std::uint16_t> mark{};

    bool operator==(const Decoded&) const = default;
};

[[nodiscard]] Decoded decode(std::span<const std::uint8_t> bytes);

} // namespace singlet::clock
