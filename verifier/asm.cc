#include "verifier/asm.hh"

#include "lib/core/try.hh"
#include "verifier/asm_parser.hh"
#include "verifier/limits.hh"

namespace singlet::verifier {

std::expected<Module, std::string> assemble(std::string_view text, std::string_view file) {
    return Parser(text, file, TRY(tokenize(text, file))).run();
}

bool Parser::take(std::string_view punctuation) {
    bool there = at(punctuation);
    if (there) at_++;
    return there;
}

bool Parser::take_word(std::string_view word) {
    bool there = at_word(word);
    if (there) at_++;
    return there;
}

Parsed<void> Parser::expect(std::string_view punctuation) {
    if (take(punctuation)) return {};
    return expected("'" + std::string(punctuation) + "'");
}

Parsed<std::string> Parser::name(std::string_view what) {
    if (peek().kind != Token::Kind::Name) return expected(what);
    return tokens_[at_++].text;
}

Parsed<std::int64_t> Parser::number(std::string_view what, std::int64_t least, std::int64_t most) {
    if (peek().kind != Token::Kind::Number) return expected(what);
    std::int64_t n = peek().number;
    if (n < least || n > most)
        return error(peek().offset, "expected " + std::string(what) + " from " +
                                        std::to_string(least) + " to " + std::to_string(most) +
                                        ", found " + std::to_string(n));
    at_++;
    return n;
}

// What is missing is missed behind the last word of the line, not at the begin of the next line.
std::unexpected<std::string> Parser::expected(std::string_view what) const {
    const Token& t = peek();
    if (t.begins_line && at_ > 0) {
        const Token& last = tokens_[at_ - 1];
        return error(last.offset + last.length,
                     "expected " + std::string(what) +
                         (t.kind == Token::Kind::End ? ", found the end of the file"
                                                     : ", found the end of the line"));
    }
    if (t.kind == Token::Kind::End)
        return error(t.offset, "expected " + std::string(what) + ", found nothing");
    constexpr std::size_t kShown = 60; // of a long word
    std::string found = t.kind == Token::Kind::String ? "a string" : "'" + t.text.substr(0, kShown);
    if (t.kind != Token::Kind::String) found += t.text.size() > kShown ? "...'" : "'";
    return error(t.offset, "expected " + std::string(what) + ", found " + found);
}

std::unexpected<std::string> Parser::error(std::uint32_t offset, std::string_view message) const {
    return std::unexpected(message_at(file_, source_, offset, message));
}

Parsed<Module> Parser::run() {
    m_.types.assign(std::begin(kBuiltinTypes), std::end(kBuiltinTypes));
    if (!file_.empty()) m_.sources.emplace_back(file_.substr(0, limits::kNameBytes));
    m_.manifest.sip = "sip";
    TRY(declare());
    m_.manifest.entry = static_cast<std::uint16_t>(find_function(m_, "main").value_or(0));
    for (bool code : {false, true})
        for (const Item& i : items_) {
            if ((i.keyword == "func") != code) continue;
            at_ = i.token;
            TRY(item(i));
            if (at_ != i.end) return expected("the end of this " + i.keyword);
        }
    return std::move(m_);
}

} // namespace singlet::verifier
