#include "user/singc/lexer.hh"

#include <utility>

#include <fmt/format.h>

namespace singlet::singc {
namespace {

struct Word {
    Tok kind;
    std::string_view text;
};

constexpr Word kKeywords[] = {
#define KEYWORD(name, text) {Tok::name, text},
#include "user/singc/tokens.def"
};
constexpr Word kPunctuation[] = {
#define PUNCTUATION(name, text) {Tok::name, text},
#include "user/singc/tokens.def"
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
int digit_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

class Lexer {
public:
    Lexer(std::uint32_t file, Diagnostics& diagnostics)
        : file_(file), diagnostics_(diagnostics), text_(diagnostics.file(file).text) {}

    std::vector<Token> run() {
        std::vector<Token> tokens;
        for (;;) {
            skip_space();
            start_ = at_;
            Token token;
            if (at_ < text_.size()) token = next();
            token.place = place();
            token.text = text_.substr(start_, at_ - start_);
            if (token.kind == Tok::Bad) continue;
            tokens.push_back(token);
            if (token.kind == Tok::End) return tokens;
        }
    }

private:
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    Place place() const {
        return {file_, static_cast<std::uint32_t>(start_),
                static_cast<std::uint32_t>(at_ - start_)};
    }
    void error(std::string sentence) { diagnostics_.error(place(), std::move(sentence)); }

    void skip_space() {
        while (at_ < text_.size()) {
            char c = peek();
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                at_++;
            } else if (c == '/' && peek(1) == '/') {
                while (at_ < text_.size() && peek() != '\n')
                    at_++;
            } else if (c == '/' && peek(1) == '*') {
                start_ = at_;
                std::size_t end = text_.find("*/", at_ + 2);
                if (end == std::string_view::npos) {
                    at_ += 2;
                    error("this comment does not end: expected `*/`");
                    at_ = text_.size();
                } else {
                    at_ = end + 2;
                }
            } else {
                return;
            }
        }
    }

    Token next() {
        char c = peek();
        if (is_letter(c)) return word();
        if (is_digit(c)) return number();
        if (c == '"') return string();
        if (c == '\'') return character();
        if (text_.substr(at_).starts_with("\u2192")) {
            at_ += 3;
            return {.kind = Tok::Arrow};
        }
        for (const Word& p : kPunctuation)
            if (text_.substr(at_).starts_with(p.text)) {
                at_ += p.text.size();
                return {.kind = p.kind};
            }
        at_++;
        while ((static_cast<unsigned char>(peek()) & 0xc0) == 0x80)
            at_++;
        std::string_view bytes = text_.substr(start_, at_ - start_);
        if (bytes.size() == 1 && (bytes[0] < ' ' || bytes[0] > '~'))
            error(fmt::format("a byte 0x{:02x} has no meaning here",
                              static_cast<unsigned char>(bytes[0])));
        else
            error(fmt::format("the character `{}` has no meaning here", bytes));
        return {.kind = Tok::Bad};
    }

    Token word() {
        while (is_letter(peek()) || is_digit(peek()))
            at_++;
        std::string_view text = text_.substr(start_, at_ - start_);
        for (const Word& k : kKeywords)
            if (k.text == text) return {.kind = k.kind};
        return {.kind = Tok::Name};
    }

    Token number() {
        Token token{.kind = Tok::Integer};
        int base = 10;
        if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
            base = 16;
            at_ += 2;
        }
        bool any = false, large = false;
        for (; digit_value(peek()) < base || peek() == '_'; at_++) {
            if (peek() == '_') continue;
            unsigned digit = static_cast<unsigned>(digit_value(peek()));
            any = true;
            if (__builtin_mul_overflow(token.value, static_cast<unsigned>(base), &token.value) ||
                __builtin_add_overflow(token.value, digit, &token.value))
                large = true;
        }
        if (peek() == 'L' || peek() == 'l' || peek() == 'u' || peek() == 'U') {
            token.suffix = peek() == 'L' || peek() == 'l' ? 'L' : 'u';
            at_++;
        }
        bool tail = is_letter(peek()) || is_digit(peek());
        while (is_letter(peek()) || is_digit(peek()))
            at_++;
        if (tail || !any) {
            error("expected a number, found letters in it");
        } else if (large || (base == 10 && token.value > 0x7fffffffffffffffu)) {
            error("this number does not fit in 64 bits");
            token.value = 0;
        }
        return token;
    }

    // One character of a string or character literal, with escapes; -1 at the line's end.
    int character_value() {
        char c = peek();
        if (c == '\0' || c == '\n') return -1;
        at_++;
        if (c != '\\') return static_cast<unsigned char>(c);
        char e = peek();
        if (e == '\0' || e == '\n') return -1;
        at_++;
        switch (e) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case 'r':
            return '\r';
        case '0':
            return 0;
        case '\\':
        case '"':
        case '\'':
            return e;
        case 'x':
            if (digit_value(peek()) < 16 && digit_value(peek(1)) < 16) {
                int value = digit_value(peek()) * 16 + digit_value(peek(1));
                at_ += 2;
                return value;
            }
            [[fallthrough]];
        default: {
            std::size_t begin = start_;
            start_ = at_ - 2;
            error("unknown escape: expected one of \\n \\t \\r \\0 \\\\ \\\" \\' \\xHH");
            start_ = begin;
            return '?';
        }
        }
    }

    Token string() {
        Token token{.kind = Tok::String};
        at_++;
        while (peek() != '"') {
            int c = character_value();
            if (c < 0) {
                error("this string does not end on its line: expected `\"`");
                return token;
            }
            token.string += static_cast<char>(c);
        }
        at_++;
        return token;
    }

    Token character() {
        Token token{.kind = Tok::Char};
        at_++;
        int c = peek() == '\'' ? -1 : character_value();
        if (c >= 0) token.value = static_cast<std::uint64_t>(c);
        if (c >= 0 && peek() == '\'') {
            at_++;
        } else {
            error("expected one character between `'` and `'`");
        }
        return token;
    }

    std::uint32_t file_;
    Diagnostics& diagnostics_;
    std::string_view text_;
    std::size_t at_ = 0, start_ = 0;
};

} // namespace

Tok operator_of(Tok assignment) {
    static constexpr std::pair<Tok, Tok> kOperators[] = {
        {Tok::PlusAssign, Tok::Plus},       {Tok::MinusAssign, Tok::Minus},
        {Tok::StarAssign, Tok::Star},       {Tok::SlashAssign, Tok::Slash},
        {Tok::PercentAssign, Tok::Percent}, {Tok::AndAssign, Tok::And},
        {Tok::OrAssign, Tok::Or},           {Tok::XorAssign, Tok::Xor},
        {Tok::ShlAssign, Tok::Shl},         {Tok::ShrAssign, Tok::Shr},
        {Tok::ShrUAssign, Tok::ShrU}};
    for (auto [assign, op] : kOperators)
        if (assign == assignment) return op;
    return Tok::Bad;
}

std::string_view token_text(Tok kind) {
    switch (kind) {
    case Tok::End:
        return "the end of the file";
    case Tok::Bad:
        return "a bad character";
    case Tok::Name:
        return "a name";
    case Tok::Integer:
        return "a number";
    case Tok::String:
        return "a string";
    case Tok::Char:
        return "a character";
#define KEYWORD(name, text)                                                                        \
    case Tok::name:                                                                                \
        return "`" text "`";
#define PUNCTUATION(name, text)                                                                    \
    case Tok::name:                                                                                \
        return "`" text "`";
#include "user/singc/tokens.def"
    }
    return "?";
}

std::vector<Token> lex(std::uint32_t file, Diagnostics& diagnostics) {
    return Lexer(file, diagnostics).run();
}

} // namespace singlet::singc
