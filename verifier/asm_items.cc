// Everything in a .sasm file but code.
#include "lib/core/try.hh"
#include "verifier/asm_parser.hh"

namespace singlet::verifier {

Parsed<void> Parser::declare() {
    auto add = [](auto& table, std::string name) {
        table.emplace_back().name = std::move(name);
        return table.size() - 1;
    };
    while (peek().kind != Token::Kind::End) {
        std::uint32_t offset = peek().offset;
        std::string keyword = TRY(name("an item"));
        Item item{keyword, at_, 0, 0};
        bool with_name = keyword != "method";
        std::string name = peek().text;
        if (keyword == "class" || keyword == "interface")
            item.number = add(m_.classes, name);
        else if (keyword == "struct")
            item.number = add(m_.structs, name);
        else if (keyword == "contract")
            item.number = add(m_.contracts, name);
        else if (keyword == "import")
            item.number = add(m_.imports, name);
        else if (keyword == "func")
            item.number = add(m_.functions, name), functions_.try_emplace(name, item.number);
        else if (keyword == "method")
            m_.methods.emplace_back(), item.number = m_.methods.size() - 1;
        else if (keyword == "source" || keyword == "strings" || keyword == "types")
            with_name = false;
        else if (keyword != "sip")
            return error(offset,
                         "expected source, strings, types, import, sip, class, interface, method, "
                         "struct, contract or func, found '" +
                             keyword + "'");
        if (with_name && (peek().kind != Token::Kind::Name || peek().begins_line))
            return expected("a name after " + keyword);
        declare_members(item);
        items_.push_back(std::move(item));
    }
    // Methods are called by their interface's name, which may follow: `method Interface: name(`.
    for (const Item& i : items_)
        if (i.keyword == "method") {
            at_ = i.token;
            m_.methods[i.number].interface =
                TRY(reference("an interface", [&](auto n) { return find_class(m_, n); }));
            if (take(":")) m_.methods[i.number].name = TRY(name("the method's name"));
        }
    return {};
}

// Goes to the next item, and notes the messages and states of a contract on the way.
void Parser::declare_members(Item& item) {
    int depth = 0;
    for (; peek().kind != Token::Kind::End; at_++) {
        if (depth == 0 && peek().begins_line && at_ > item.token && !at("{")) break;
        if (at("{")) depth++;
        if (at("}")) depth--;
        if (item.keyword != "contract" || !peek().begins_line) continue;
        Contract& c = m_.contracts[item.number];
        std::string name = peek(1).kind == Token::Kind::Name ? peek(1).text : "";
        if (at_word("in") || at_word("out"))
            c.messages.push_back(
                {name, at_word("in") ? Contract::Direction::In : Contract::Direction::Out, {}});
        else if (at_word("state"))
            c.states.push_back({name, {}});
    }
    item.end = at_;
}

Parsed<void> Parser::item(const Item& item) {
    const std::string& k = item.keyword;
    if (k == "strings") return strings();
    if (k == "types") return types();
    if (k == "sip") return sip();
    if (k == "method") return method(m_.methods[item.number]);
    if (k == "source") return sources();
    at_++; // its name
    if (k == "import") return {};
    if (k == "struct") return member_list(m_.structs[item.number].fields, nullptr);
    if (k == "contract") return contract(m_.contracts[item.number]);
    if (k == "func") return function(m_.functions[item.number]);
    m_.classes[item.number].is_interface = k == "interface";
    return klass(m_.classes[item.number]);
}

// `source ""` says that there is none.
Parsed<void> Parser::sources() {
    m_.sources.clear();
    own_lines_ = false;
    do {
        if (peek().kind != Token::Kind::String)
            return expected("the name of the source file in quotes");
        m_.sources.push_back(tokens_[at_++].text);
    } while (take(","));
    if (m_.sources.size() == 1 && m_.sources[0].empty()) m_.sources.clear();
    return {};
}

Parsed<void> Parser::strings() {
    TRY(expect("{"));
    while (!take("}")) {
        if (peek().kind != Token::Kind::String) return expected("a string");
        m_.strings.push_back(tokens_[at_++].text);
        if (!take(",") && !at("}")) return expected("',' or '}'");
    }
    return {};
}

Parsed<void> Parser::types() {
    if (m_.types.size() != kFirstOwnType)
        return error(peek().offset, "the list of types must stand before all other types");
    TRY(expect("{"));
    strict_types_ = true;
    while (!take("}")) {
        m_.types.push_back(TRY(type_value()));
        if (!take(",") && !at("}")) return expected("',' or '}'");
    }
    strict_types_ = false;
    return {};
}

Parsed<void> Parser::sip() {
    Manifest& x = m_.manifest;
    x.sip = TRY(name("the SIP's name"));
    TRY(expect("{"));
    while (!take("}")) {
        if (take_word("entry"))
            x.entry = TRY(reference("a function", [&](auto n) { return find_function(m_, n); }));
        else if (take_word("memory"))
            x.memory_pages = TRY(number("a number of pages", 0, 0xffffffff));
        else if (take_word("exchange"))
            x.exchange_pages = TRY(number("a number of pages", 0, 0xffffffff));
        else if (take_word("endpoint"))
            TRY(resource(Resource::What::Endpoint));
        else if (take_word("ports"))
            TRY(resource(Resource::What::Ports));
        else if (take_word("irq"))
            TRY(resource(Resource::What::Irq));
        else if (take_word("dma"))
            TRY(resource(Resource::What::Dma));
        else if (take_word("processes"))
            TRY(resource(Resource::What::Processes));
        else if (take_word("export"))
            x.exports.push_back(
                TRY(reference("a contract", [&](auto n) { return find_contract(m_, n); })));
        else
            return expected("entry, memory, exchange, endpoint, ports, irq, dma, processes, "
                            "export or '}'");
    }
    return {};
}

// name: type [first [+ count]]
Parsed<void> Parser::resource(Resource::What what) {
    Resource r{.name = TRY(name("the resource's name")), .what = what, .type = 0};
    TRY(expect(":"));
    r.type = TRY(type());
    if (peek().kind == Token::Kind::Number && !peek().begins_line)
        r.first = TRY(number("a number", 0, 0xffffffff));
    if (take("+")) r.count = TRY(number("a number", 0, 0xffffffff));
    m_.manifest.resources.push_back(std::move(r));
    return {};
}

Parsed<void> Parser::klass(Class& c) {
    if (take(":")) do
            c.interfaces.push_back(
                TRY(reference("an interface", [&](auto n) { return find_class(m_, n); })));
        while (take(","));
    return member_list(c.fields, &c);
}

Parsed<void> Parser::member_list(std::vector<Field>& fields, Class* c) {
    TRY(expect("{"));
    while (!take("}")) {
        std::string first = TRY(name("a field's name or '}'"));
        if (take(":")) {
            fields.push_back({std::move(first), TRY(type())});
        } else if (c && first == "implement") {
            auto method = TRY(reference("a method", [&](auto n) { return find_method(m_, n); }));
            TRY(expect("="));
            auto function =
                TRY(reference("a function", [&](auto n) { return find_function(m_, n); }));
            c->implementations.push_back({method, function});
        } else {
            return expected("':' and the field's type");
        }
    }
    return {};
}

Parsed<std::vector<TypeIndex>> Parser::type_list() {
    std::vector<TypeIndex> list;
    TRY(expect("("));
    if (take(")")) return list;
    do
        list.push_back(TRY(type()));
    while (take(","));
    TRY(expect(")"));
    return list;
}

Parsed<TypeIndex> Parser::result() {
    if (!take("->")) return kVoid;
    return type();
}

// Interface: name(types) -> type
Parsed<void> Parser::method(Method& m) {
    TRY(reference("an interface", [&](auto n) { return find_class(m_, n); }));
    TRY(expect(":"));
    TRY(name("the method's name"));
    m.params = TRY(type_list());
    m.result = TRY(result());
    return {};
}

Parsed<void> Parser::contract(Contract& c) {
    std::size_t messages = 0, states = 0;
    TRY(expect("{"));
    while (!take("}")) {
        if (!peek().begins_line) return expected("the end of the line");
        if (take_word("in") || take_word("out")) {
            TRY(name("the message's name"));
            c.messages[messages++].args = TRY(type_list());
        } else if (take_word("state")) {
            if (!take("-")) TRY(name("the state's name, or - if it has none"));
            TRY(state(c, c.states[states++]));
        } else {
            return expected("in, out, state or '}'");
        }
    }
    return {};
}

// [: Message -> State, ...]
Parsed<void> Parser::state(Contract& c, Contract::State& s) {
    if (!take(":")) return {};
    do {
        auto message = TRY(
            reference("a message of this contract", [&](auto n) { return find_message_of(c, n); }));
        TRY(expect("->"));
        auto next =
            TRY(reference("a state of this contract", [&](auto n) { return find_state(c, n); }));
        s.transitions.push_back({message, next});
    } while (take(","));
    return {};
}

} // namespace singlet::verifier
