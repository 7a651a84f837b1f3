// Characters to tokens. Keywords are tokens of their own; names that only mean something in one place (sip, memory, one, Claims,
// ExHeap ...) stay identifiers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "user/singc/source.hh"

namespace singlet::singc {

enum class Tok : std::uint8_t {
    End,
    Bad,
    Name,
    Integer,
    String,
    Char,
#define KEYWORD(name, text) name,
#define PUNCTUATION(name, text) name,
#include "user/singc/tokens.def"
};

struct Token {
    Tok kind = Tok::End;
    Place place = {};
    std::string_view text = {}; // of the source
    std::string string = {};    // String: what the escapes mean
    std::uint64_t value = 0;
    char suffix = 0; // Integer: 'L', 'u' or none
};

std::string_view token_text(Tok kind); // `name`, `;`, `while`, as messages call it

Tok operator_of(Tok assignment); // += is + and so on

// Always ends with End. Errors go to `diagnostics`.
std::vector<Token> lex(std::uint32_t file, Diagnostics& diagnostics);

} // namespace singlet::singc
