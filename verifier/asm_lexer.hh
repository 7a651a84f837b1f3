// The words of .sasm. Comments run from ';' to the end of the line; line ends matter only in that some things must begin
// a line (Token::begins_line).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace singlet::verifier {

struct Token {
    enum class Kind : std::uint8_t { Name, Number, String, Punctuation, End };
    Kind kind = Kind::End;
    bool begins_line = false;
    std::uint32_t offset = 0, length = 0, line = 0;
    std::int64_t number = 0;
    std::string text; // of a string, its bytes; else as written
};

// "file:line:column: message" and the line with a caret under the offset.
std::string message_at(std::string_view file, std::string_view source, std::uint32_t offset,
                       std::string_view message);

// All tokens, the last of which is End.
std::expected<std::vector<Token>, std::string> tokenize(std::string_view source,
                                                        std::string_view file);

} // namespace singlet::verifier
