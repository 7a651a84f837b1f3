#include "verifier/asm_lexer.hh"

#include <algorithm>

#include "lib/core/try.hh"

namespace singlet::verifier {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
int hex_value(char c) {
    if (digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

class Lexer {
public:
    Lexer(std::string_view source, std::string_view file) : source_(source), file_(file) {}

    std::expected<std::vector<Token>, std::string> run() {
        for (;;) {
            skip();
            Token t;
            t.offset = at_;
            t.line = line_;
            t.begins_line = std::exchange(new_line_, false);
            if (at_ == source_.size()) {
                t.begins_line = true;
                tokens_.push_back(t);
                return std::move(tokens_);
            }
            TRY(token(t));
            t.length = at_ - t.offset;
            tokens_.push_back(std::move(t));
        }
    }

private:
    using Result = std::expected<void, std::string>;

    char peek(std::uint32_t ahead = 0) const {
        return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
    }
    std::unexpected<std::string> fail(std::string_view why) {
        return std::unexpected(message_at(file_, source_, at_, why));
    }

    void skip() {
        while (at_ < source_.size()) {
            if (peek() == '\n')
                new_line_ = true, line_++;
            else if (peek() == ';')
                while (at_ + 1 < source_.size() && peek(1) != '\n')
                    at_++;
            else if (peek() != ' ' && peek() != '\t' && peek() != '\r')
                return;
            at_++;
        }
    }

    Result token(Token& t) {
        char c = peek();
        if (letter(c)) {
            t.kind = Token::Kind::Name;
            while (letter(peek()) || digit(peek()) || (peek() == '.' && letter(peek(1))))
                at_++;
        } else if (digit(c) || (c == '-' && digit(peek(1)))) {
            return number(t);
        } else if (c == '"' || c == '\'') {
            return string(t, c);
        } else if (c == '-' && peek(1) == '>') {
            t.kind = Token::Kind::Punctuation;
            at_ += 2;
        } else if (std::string_view("{}()[]:,=?#-+").find(c) != std::string_view::npos) {
            t.kind = Token::Kind::Punctuation;
            at_++;
        } else {
            return fail("this character has no meaning here");
        }
        t.text = source_.substr(t.offset, at_ - t.offset);
        return {};
    }

    Result number(Token& t) {
        t.kind = Token::Kind::Number;
        bool negative = peek() == '-';
        if (negative) at_++;
        int base = 10;
        if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
            base = 16;
            at_ += 2;
        }
        std::int64_t value = 0;
        std::uint32_t from = at_;
        for (; hex_value(peek()) >= 0 && hex_value(peek()) < base; at_++) {
            value = value * base + hex_value(peek());
            if (value > 0xffffffff) return fail("the number has more than 32 bits");
        }
        if (at_ == from || letter(peek())) return fail("expected a digit");
        t.number = negative ? -value : value;
        t.text = source_.substr(t.offset, at_ - t.offset);
        return {};
    }

    Result string(Token& t, char quote) {
        at_++;
        while (peek() != quote || at_ == source_.size()) {
            if (at_ == source_.size() || peek() == '\n') return fail("expected the closing quote");
            if (peek() != '\\') {
                t.text += peek();
                at_++;
                continue;
            }
            at_++;
            char c = peek();
            if (c == 'x') {
                int high = hex_value(peek(1)), low = hex_value(peek(2));
                if (high < 0 || low < 0) return fail("expected two hexadecimal digits after \\x");
                t.text += static_cast<char>(high * 16 + low);
                at_ += 3;
            } else if (std::size_t i = std::string_view("nt0\\\"'").find(c);
                       i != std::string_view::npos && at_ < source_.size()) {
                t.text += "\n\t\0\\\"'"[i];
                at_++;
            } else {
                return fail("expected n, t, 0, x, a quote or \\ after \\");
            }
        }
        at_++;
        t.kind = Token::Kind::String;
        if (quote == '\'') { // a character is a number
            if (t.text.size() != 1) return fail("expected one character between quotes");
            t.kind = Token::Kind::Number;
            t.number = static_cast<unsigned char>(t.text[0]);
        }
        return {};
    }

    std::string_view source_, file_;
    std::uint32_t at_ = 0, line_ = 1;
    bool new_line_ = true;
    std::vector<Token> tokens_;
};

} // namespace

std::string message_at(std::string_view file, std::string_view source, std::uint32_t offset,
                       std::string_view message) {
    offset = std::min<std::uint32_t>(offset, source.size());
    std::size_t begin = source.substr(0, offset).rfind('\n');
    begin = begin == std::string_view::npos ? 0 : begin + 1;
    std::string_view line = source.substr(begin, source.substr(begin).find('\n'));
    std::string text = std::string(file) + ":" +
                       std::to_string(1 + std::ranges::count(source.substr(0, offset), '\n')) +
                       ":" + std::to_string(offset - begin + 1) + ": " + std::string(message) +
                       "\n";
    // Of a long line, what stands around the place.
    constexpr std::size_t kBefore = 60, kShown = 100;
    const std::size_t place = offset - begin, from = place > kBefore ? place - kBefore : 0;
    const std::string_view shown = line.substr(from, kShown);
    const std::string_view left = from > 0 ? "..." : "";
    const std::string_view right = from + shown.size() < line.size() ? "..." : "";
    std::string caret(left.size(), ' ');
    for (char c : shown.substr(0, place - from))
        caret += c == '\t' ? '\t' : ' ';
    return text + "    " + std::string(left) + std::string(shown) + std::string(right) + "\n    " +
           caret + "^";
}

std::expected<std::vector<Token>, std::string> tokenize(std::string_view source,
                                                        std::string_view file) {
    return Lexer(source, file).run();
}

} // namespace singlet::verifier
