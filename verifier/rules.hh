// The rules by number; what they say is rules.def, what they mean handouts/verifier.md.
#pragma once

#include <cstdint>
#include <string_view>

namespace singlet::verifier {

enum class Rule : std::uint8_t {
#define RULE(name, id, letter, doc) name,
#include "verifier/rules.def"
    kCount
};

struct RuleInfo {
    std::string_view id, letter, doc;
};

inline constexpr RuleInfo kRules[] = {
#define RULE(name, id, letter, doc) {id, letter, doc},
#include "verifier/rules.def"
};

constexpr const RuleInfo& info(Rule rule) { return kRules[static_cast<std::uint8_t>(rule)]; }

} // namespace singlet::verifier
