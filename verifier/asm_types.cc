// Types in .sasm, written as verifier/text.hh prints them.
#include "lib/core/try.hh"
#include "verifier/asm_parser.hh"
#include "verifier/limits.hh"

namespace singlet::verifier {

namespace {

struct Simple {
    std::string_view text;
    Kind kind;
};
constexpr Simple kSimple[] = {{"void", Kind::Void},
                              {"u8", Kind::U8},
                              {"u16", Kind::U16},
                              {"i32", Kind::I32},
                              {"i64", Kind::I64},
                              {"str", Kind::Str},
                              {"any", Kind::Any},
                              {"port", Kind::Port},
                              {"irq", Kind::Irq},
                              {"dma", Kind::Dma},
                              {"processes", Kind::Processes}};
constexpr Simple kOfElements[] = {
    {"array", Kind::Array}, {"vec", Kind::Vec}, {"cell", Kind::Cell}, {"set", Kind::Set}};

// More than a module may have, so that tests can write one that is refused, and easy on the stack.
constexpr unsigned kDeepestText = 4 * limits::kTypeDepth;

} // namespace

TypeIndex Parser::intern(const Type& t) {
    if (Number n = find_type(m_, t)) return static_cast<TypeIndex>(*n);
    m_.types.push_back(t);
    return static_cast<TypeIndex>(m_.types.size() - 1);
}

// The number of a type: that of its first entry in the table, where it is put if it is new.
Parsed<TypeIndex> Parser::type() {
    if (take("#")) return static_cast<TypeIndex>(TRY(number("a type's number", 0, 0xffff)));
    std::uint32_t offset = peek().offset;
    Type t = TRY(type_value());
    if (strict_types_ && !find_type(m_, t))
        return error(offset, "expected a type that stands before in this list");
    return intern(t);
}

Parsed<Type> Parser::type_value() {
    constexpr const char* kWhat = "a type";
    Type t;
    if (take_word("lent")) t.lent = 1;
    std::uint8_t lent = t.lent;
    if (peek().kind != Token::Kind::Name) return expected(kWhat);
    std::string word = tokens_[at_++].text;
    if (word == "ref") {
        t.kind = Kind::Ref;
        t.index = TRY(reference("a class", [&](auto n) { return find_class(m_, n); }));
    } else if (word == "own") {
        t.kind = Kind::Own;
        t.index = TRY(reference("a struct", [&](auto n) { return find_struct(m_, n); }));
    } else if (word.size() > 4 && (word.ends_with(".Imp") || word.ends_with(".Exp"))) {
        t = TRY(endpoint_value(word));
    } else if (word == "endpoint") { // #contract Imp:state
        auto contract = TRY(reference("a contract", [&](auto n) { return find_contract(m_, n); }));
        if (!at_word("Imp") && !at_word("Exp")) return expected("Imp or Exp");
        Side side = at_word("Imp") ? Side::Importer : Side::Exporter;
        at_++;
        TRY(expect(":"));
        auto state = TRY(reference("a state's number", [](auto) { return Number{}; }));
        t = {.kind = Kind::Endpoint, .side = side, .index = contract, .state = state};
    } else {
        t.kind = Kind::Unset;
        for (const Simple& s : kSimple)
            if (s.text == word) t.kind = s.kind;
        for (const Simple& s : kOfElements)
            if (s.text == word) {
                t.kind = s.kind;
                TRY(expect("("));
                if (++depth_ > kDeepestText)
                    return error(peek().offset, "expected a type that is nested no deeper than " +
                                                    std::to_string(kDeepestText));
                t.index = TRY(type());
                depth_--;
                TRY(expect(")"));
            }
        if (t.kind == Kind::Unset) {
            at_--;
            return expected(kWhat);
        }
    }
    t.lent = lent;
    t.nullable = take("?");
    return t;
}

// Contract.Imp:State, of which Contract.Imp has been read.
Parsed<Type> Parser::endpoint_value(std::string_view words) {
    Type t{.kind = Kind::Endpoint};
    t.side = words.ends_with(".Imp") ? Side::Importer : Side::Exporter;
    Number contract = find_contract(m_, words.substr(0, words.size() - 4));
    if (!contract)
        return error(tokens_[at_ - 1].offset,
                     "expected a contract, found no such name: " + std::string(words));
    t.index = static_cast<std::uint16_t>(*contract);
    TRY(expect(":"));
    const Contract& c = m_.contracts[t.index];
    t.state = TRY(reference("a state of " + c.name, [&](auto n) -> Number {
        Number state = find_state(c, n);
        return state || n != "closed" ? state : Number(kClosedState);
    }));
    return t;
}

} // namespace singlet::verifier
