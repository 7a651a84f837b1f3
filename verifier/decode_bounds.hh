// What check_bounds() is made of: a table within its limit, an index that exists, a name that is one.
#pragma once

#include <string>
#include <string_view>

#include "verifier/decode.hh"
#include "verifier/limits.hh"

namespace singlet::verifier::bounds {

using Result = Checked<void>;

inline std::unexpected<Diagnosis> refuse(Rule rule, std::string sentence) {
    return std::unexpected(
        Diagnosis{.rule = rule, .function = {}, .sentence = std::move(sentence), .frame = {}});
}

inline Result at_most(std::size_t count, std::uint32_t limit, const char* what,
                      std::string_view whose = "the module") {
    if (count <= limit) return {};
    return refuse(Rule::Limit, std::string(whose) + " has " + std::to_string(count) + " " + what +
                                   ", more than the limit of " + std::to_string(limit));
}

// `what` is plural: "classes".
inline Result exists(std::size_t index, std::size_t count, const char* what,
                     std::string_view whose) {
    if (index < count) return {};
    return refuse(Rule::Index, std::string(whose) + " names number " + std::to_string(index) +
                                   " of the " + what + ", but there are " + std::to_string(count));
}

inline Result named(std::string_view name, const char* what) {
    if (valid_name(name)) return {};
    return refuse(Rule::Format, std::string("the name of a ") + what +
                                    " is not a letter followed by letters, digits, _, $ or .");
}

// Parameters and result of a function or method. [decode_bounds.cc]
Result check_signature(const Module& m, std::string_view name, const std::vector<TypeIndex>& params,
                       TypeIndex result);
// One function. [decode_code.cc]
Result check_code(const Module& m, std::size_t function);

} // namespace singlet::verifier::bounds
