// The assembler's inside. It goes over the text twice: declare() finds the names of all items, so that they may be used
// before they are written; then each item is parsed, functions last.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "verifier/asm_lexer.hh"
#include "verifier/asm_names.hh"
#include "verifier/module.hh"

namespace singlet::verifier {

template <class T>
using Parsed = std::expected<T, std::string>;

class Parser {
public:
    Parser(std::string_view source, std::string_view file, std::vector<Token> tokens)
        : source_(source), file_(file), tokens_(std::move(tokens)) {}

    Parsed<Module> run();

private:
    struct Item {
        std::string keyword;
        std::size_t token;  // after the keyword
        std::size_t end;    // the next item's keyword
        std::size_t number; // in its table
    };
    struct Label {
        std::string name;
        std::uint16_t block;
    };
    enum class Use : std::uint8_t { Block, True, False, Switch, Select };
    struct Fixup { // a label that was used
        std::string name;
        std::uint32_t offset; // in the text
        Use use;
        std::size_t at, entry; // instruction; or table and its entry
    };

    // ---- words
    const Token& peek(std::size_t ahead = 0) const {
        return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    }
    bool at(std::string_view punctuation) const {
        return peek().kind == Token::Kind::Punctuation && peek().text == punctuation;
    }
    bool at_word(std::string_view word) const {
        return peek().kind == Token::Kind::Name && peek().text == word;
    }
    bool take(std::string_view punctuation);
    bool take_word(std::string_view word);
    Parsed<void> expect(std::string_view punctuation);
    Parsed<std::string> name(std::string_view what);
    Parsed<std::int64_t> number(std::string_view what, std::int64_t least, std::int64_t most);
    std::unexpected<std::string> expected(std::string_view what) const;
    std::unexpected<std::string> error(std::uint32_t offset, std::string_view message) const;
    // #number, or a name that `find` knows.
    template <class Find>
    Parsed<std::uint16_t> reference(std::string_view what, Find find);

    // ---- items [asm_items.cc]
    Parsed<void> declare();
    void declare_members(Item& item);
    Parsed<void> item(const Item& item);
    Parsed<void> sources();
    Parsed<void> strings();
    Parsed<void> types();
    Parsed<void> sip();
    Parsed<void> resource(Resource::What what);
    Parsed<void> klass(Class& c);
    Parsed<void> member_list(std::vector<Field>& fields, Class* c);
    Parsed<void> method(Method& m);
    Parsed<void> contract(Contract& c);
    Parsed<void> state(Contract& c, Contract::State& s);
    Parsed<std::vector<TypeIndex>> type_list();
    Parsed<TypeIndex> result();

    // ---- types [asm_types.cc]
    Parsed<TypeIndex> type();
    Parsed<Type> type_value();
    Parsed<Type> endpoint_value(std::string_view words);
    TypeIndex intern(const Type& t);

    // ---- code [asm_code.cc]
    Parsed<void> function(Function& f);
    Parsed<void> instruction();
    Parsed<std::uint8_t> reg();
    Parsed<void> operand(Role role, std::uint8_t& value, bool& first, Instruction& i);
    Parsed<void> immediate(Instruction& i, bool& first);
    Parsed<void> comma(bool& first);
    Parsed<void> label(Use use, std::size_t at, std::size_t entry = 0);
    Parsed<std::uint32_t> select_table();
    Parsed<std::uint32_t> switch_table();
    Parsed<SelectTable::Pattern> pattern();
    Parsed<void> resolve_labels();
    void begin_block(std::string name);
    Number function_called(const std::string& name) const;

    std::string_view source_, file_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    Module m_;
    std::vector<Item> items_;
    std::unordered_map<std::string, std::uint32_t> functions_; // the first of each name
    const std::map<std::string, Mnemonic, std::less<>> mnemonics_ = mnemonics();
    bool own_lines_ = true;     // line numbers are those of the text
    bool strict_types_ = false; // in the list of types: parts must exist already
    unsigned depth_ = 0;        // types around the one that is being read

    Function* f_ = nullptr;
    std::vector<Label> labels_;
    std::vector<Fixup> fixups_;
    std::uint32_t highest_register_ = 0;
};

template <class Find>
Parsed<std::uint16_t> Parser::reference(std::string_view what, Find find) {
    if (take("#")) {
        auto n = number("a number after #", 0, 0xffff);
        if (!n) return std::unexpected(n.error());
        return static_cast<std::uint16_t>(*n);
    }
    if (peek().kind != Token::Kind::Name) return expected(what);
    Number n = find(peek().text);
    if (!n)
        return error(peek().offset,
                     "expected " + std::string(what) + ", found no such name: " + peek().text);
    at_++;
    return static_cast<std::uint16_t>(*n);
}

} // namespace singlet::verifier
