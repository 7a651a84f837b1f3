#include "user/singc/parser.hh"

#include <algorithm>

#include <fmt/format.h>

namespace singlet::singc {

const Token& Parser::peek(std::size_t ahead) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

Token Parser::take() {
    Token token = peek();
    if (at_ + 1 < tokens_.size()) at_++;
    return token;
}

bool Parser::accept(Tok kind) {
    if (!at(kind)) return false;
    take();
    return true;
}

std::string Parser::quoted_found() const {
    const Token& t = peek();
    if (t.kind == Tok::End) return "the end of the file";
    return fmt::format("`{}`", t.text.substr(0, 40));
}

// A missing token is reported behind the token before it when it is missing at a line's end.
void Parser::fail(std::string_view expected) {
    if (!quiet_) {
        Place place = peek().place;
        std::string sentence = fmt::format("expected {}, found {}", expected, quoted_found());
        if (at_ > 0) {
            Place before = tokens_[at_ - 1].place;
            if (diagnostics_.line(before) != diagnostics_.line(place))
                place = {before.file, before.offset + before.length, 1};
        }
        diagnostics_.error(place, sentence);
    }
    throw Recover{};
}

Token Parser::expect(Tok kind, std::string_view where) {
    if (!at(kind)) fail(fmt::format("{}{}{}", token_text(kind), where.empty() ? "" : " ", where));
    return take();
}

Token Parser::expect_name(std::string_view what) {
    if (!at(Tok::Name)) fail(what);
    return take();
}

// Words of C# that Sing does not have. A modifier is reported and passed over; of a statement nothing is read.
void Parser::refuse_foreign() {
    struct Word {
        std::string_view text, instead;
        bool modifier;
    };
    static constexpr Word kWords[] = {
        {"public", "all members are", true},
        {"private", "all members are public", true},
        {"protected", "all members are public", true},
        {"internal", "all members are public", true},
        {"static", "functions stand outside of classes", true},
        {"readonly", "constants stand outside of classes", true},
        {"virtual", "classes do not inherit, they implement interfaces", true},
        {"override", "classes do not inherit, they implement interfaces", true},
        {"abstract", "classes do not inherit, they implement interfaces", true},
        {"enum", "use constants", false},
        {"try", "there are no exceptions", false},
        {"throw", "there are no exceptions; `trap(n);` ends the SIP", false},
    };
    while (at(Tok::Name) && !quiet_) {
        auto word = std::ranges::find(kWords, peek().text, &Word::text);
        Tok next = peek(1).kind;
        bool as_name = next == Tok::LeftParen || next == Tok::Dot || next == Tok::Assign ||
                       next == Tok::Semicolon || next == Tok::LeftBracket || next == Tok::Comma;
        if (word == std::end(kWords) || as_name) return;
        diagnostics_.error(peek().place,
                           fmt::format("Sing has no `{}`: {}", word->text, word->instead));
        take();
        if (!word->modifier) throw Recover{};
    }
}

// Behind the next `;` of this nesting, or before the `}` that ends the block.
void Parser::skip_statement() {
    int nesting = 0;
    for (; !at(Tok::End); take()) {
        if (at(Tok::LeftBrace)) nesting++;
        if (at(Tok::RightBrace) && nesting-- == 0) return;
        if (at(Tok::RightBrace) && nesting == 0) {
            take();
            return;
        }
        if (at(Tok::Semicolon) && nesting == 0) {
            take();
            return;
        }
    }
}

void Parser::skip_declaration() {
    int nesting = 0;
    for (; !at(Tok::End); take()) {
        bool starts = at(Tok::Contract) || at(Tok::Class) || at(Tok::Interface) || at(Tok::Using) ||
                      at(Tok::Const) || (at_word("sip") && peek(1).kind == Tok::Name) ||
                      (at_word("rep") && peek(1).kind == Tok::Struct);
        if (starts && nesting <= 0) return;
        if (at(Tok::LeftBrace)) nesting++;
        if (at(Tok::RightBrace) && --nesting <= 0) {
            take();
            return;
        }
        if (at(Tok::Semicolon) && nesting <= 0) {
            take();
            return;
        }
    }
}

void Parser::file() {
    while (!at(Tok::End)) {
        std::size_t before = at_;
        try {
            declaration();
        } catch (Recover&) {
            if (at_ == before) take();
            skip_declaration();
        }
    }
}

namespace {

bool primitive(Tok kind) {
    return kind == Tok::Void || kind == Tok::Int || kind == Tok::UInt || kind == Tok::Byte ||
           kind == Tok::Bool || kind == Tok::Long || kind == Tok::StringType;
}

} // namespace

TypePtr Parser::simple_type() {
    auto t = std::make_unique<TypeSyntax>();
    t->place = peek().place;
    if (primitive(peek().kind)) {
        t->form = TypeSyntax::Form::Primitive;
        t->primitive = take().kind;
        return t;
    }
    Token name = expect_name("a type");
    t->name = name.text;
    if ((t->name == "TCell" || t->name == "ESet") && at(Tok::Less)) {
        take();
        Deeper deeper(*this);
        t->form = t->name == "TCell" ? TypeSyntax::Form::Cell : TypeSyntax::Form::Set;
        t->element = type();
        if (at(Tok::Shr)) { // `>>` closes two
            Token& both = tokens_[at_];
            both.kind = Tok::Greater;
            both.text = both.text.substr(1);
            both.place.offset++;
            both.place.length = 1;
        } else {
            expect(Tok::Greater, "behind the type");
        }
        return t;
    }
    bool endpoint = at(Tok::Dot) && peek(1).kind == Tok::Name &&
                    (peek(1).text == "Imp" || peek(1).text == "Exp");
    if (endpoint) {
        take();
        t->form = TypeSyntax::Form::Endpoint;
        Token side = take();
        t->exporter = side.text == "Exp";
        t->place = t->place.to(side.place);
        if (at(Tok::Colon)) {
            take();
            Token state = expect_name("the name of a state");
            t->state = state.text;
            t->place = t->place.to(state.place);
        }
    }
    return t;
}

TypePtr Parser::type(bool with_suffix) {
    TypePtr t = simple_type();
    int arrays = 0;
    for (;;) {
        if (with_suffix && (at(Tok::Question) || at(Tok::Not))) {
            t->nullable = take().kind == Tok::Question;
        } else if (at(Tok::LeftBracket) && peek(1).kind == Tok::RightBracket) {
            take();
            auto array = std::make_unique<TypeSyntax>();
            array->form = TypeSyntax::Form::Array;
            array->place = t->place.to(take().place);
            array->element = std::move(t);
            t = std::move(array);
            if (++arrays > kDeepestType) fail("a simpler type");
        } else if (at(Tok::In) && peek(1).kind == Tok::Name && peek(1).text == "ExHeap") {
            take();
            t->place = t->place.to(take().place);
            t->exchange = true;
            break;
        } else {
            break;
        }
    }
    return t;
}

// A declaration begins with a type and a name; whether it does is found by trying.
bool Parser::looks_like_type_and_name() {
    if (primitive(peek().kind)) return true;
    if (!at(Tok::Name)) return false;
    if (peek(1).kind == Tok::Name) return !at_start();
    std::size_t before = at_;
    int depth = depth_;
    std::vector<Token> saved;
    bool result = false;
    quiet_++;
    if (peek(1).kind == Tok::Less)
        saved.assign(tokens_.begin() + static_cast<long>(at_),
                     tokens_.begin() + static_cast<long>(std::min(at_ + 40, tokens_.size())));
    try {
        TypePtr t = type();
        result = at(Tok::Name);
    } catch (Recover&) {
        depth_ = depth;
    }
    quiet_--;
    at_ = before;
    std::copy(saved.begin(), saved.end(), tokens_.begin() + static_cast<long>(at_));
    return result;
}

} // namespace singlet::singc
