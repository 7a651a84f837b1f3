#include <fmt/format.h>

#include "user/singc/parser.hh"

namespace singlet::singc {

void Parser::declaration() {
    refuse_foreign();
    if (accept(Tok::Using)) {
        Token path = expect(Tok::String, "with the path of a file");
        expect(Tok::Semicolon, "behind the path");
        tree_.usings.push_back({path.string, path.place});
    } else if (at(Tok::Const)) {
        constant();
    } else if (at(Tok::Contract)) {
        contract();
    } else if (at(Tok::Class) || at(Tok::Interface)) {
        class_or_interface(at(Tok::Interface));
    } else if (at_word("rep") && peek(1).kind == Tok::Struct) {
        exchange_struct();
    } else if (at_word("sip") && peek(1).kind == Tok::Name) {
        sip();
    } else if (at(Tok::Struct)) {
        fail("`rep struct` (structs live in the exchange heap)");
    } else if (at(Tok::Name) || looks_like_type_and_name()) {
        auto f = std::make_unique<FunctionSyntax>();
        f->result = type();
        Token name = expect_name("the function's name");
        f->name = name.text;
        f->place = name.place;
        if (!at(Tok::LeftParen)) {
            if (at(Tok::Assign) || at(Tok::Semicolon))
                fail("`(` (there are no global variables; constants begin with `const`)");
            fail("`(` and the parameters");
        }
        function_rest(*f, true);
        tree_.functions.push_back(std::move(f));
    } else {
        fail("a declaration (`using`, `const`, `contract`, `sip`, `interface`, `class`, "
             "`rep struct` or a function)");
    }
}

void Parser::constant() {
    take();
    auto c = std::make_unique<ConstSyntax>();
    c->syntax = type();
    Token name = expect_name("the constant's name");
    c->name = name.text;
    c->place = name.place;
    expect(Tok::Assign, "and the constant's value");
    c->value = expression();
    expect(Tok::Semicolon, "behind the constant");
    tree_.consts.push_back(std::move(c));
}

void Parser::contract() {
    take();
    auto c = std::make_unique<ContractSyntax>();
    Token name = expect_name("the contract's name");
    c->name = name.text;
    c->place = name.place;
    expect(Tok::LeftBrace, "behind the contract's name");
    while (!at(Tok::RightBrace) && !at(Tok::End)) {
        try {
            if (at(Tok::In) || at(Tok::Out)) {
                message(*c, take().kind == Tok::Out);
            } else if (at_word("state")) {
                take();
                state(*c);
            } else {
                fail("`in message`, `out message` or `state`");
            }
        } catch (Recover&) {
            skip_statement();
        }
    }
    expect(Tok::RightBrace, "at the contract's end");
    tree_.contracts.push_back(std::move(c));
}

void Parser::message(ContractSyntax& contract, bool out) {
    if (!at_word("message")) fail("`message`");
    take();
    Token name = expect_name("the message's name");
    MessageSyntax m{std::string(name.text), name.place, out, parameters(false)};
    expect(Tok::Semicolon, "behind the message");
    contract.messages.push_back(std::move(m));
}

// state S: one { A? -> (B! or C!) -> S; D? -> T; }
void Parser::state(ContractSyntax& contract) {
    Token name = expect_name("the state's name");
    StateSyntax s;
    s.name = name.text;
    s.place = name.place;
    expect(Tok::Colon, "behind the state's name");
    if (at_word("one")) take();
    expect(Tok::LeftBrace, "and the state's messages");
    while (!at(Tok::RightBrace)) {
        s.steps.push_back(step());
        if (at(Tok::RightBrace)) break;
        expect(Tok::Semicolon, "behind the step");
    }
    take();
    accept(Tok::Semicolon);
    contract.states.push_back(std::move(s));
}

std::unique_ptr<StepSyntax> Parser::step() {
    Deeper deeper(*this);
    auto s = std::make_unique<StepSyntax>();
    if (accept(Tok::LeftParen)) {
        do {
            choice(*s);
        } while (at_word("or") && (take(), true));
        expect(Tok::RightParen, "behind the choice (messages in it stand between `or`)");
    } else {
        choice(*s);
    }
    bool all_lead = true;
    for (const auto& c : s->choices)
        all_lead = all_lead && c.own;
    if (all_lead) return s;
    expect(Tok::Arrow, "and where this leads: a state, a message or (A! or B!)");
    bool message = at(Tok::LeftParen) ||
                   (at(Tok::Name) && (peek(1).kind == Tok::Not || peek(1).kind == Tok::Question));
    if (message) {
        s->next = step();
    } else {
        Token next = expect_name("the name of a state");
        s->next_state = next.text;
        s->next_place = next.place;
    }
    return s;
}

void Parser::choice(StepSyntax& step) {
    bool parenthesis = accept(Tok::LeftParen);
    Token name = expect_name("the name of a message");
    bool sends = at(Tok::Not);
    if (!accept(Tok::Not) && !accept(Tok::Question))
        fail("`!` (the exporter sends it) or `?` (it receives it)");
    StepSyntax::Choice c{std::string(name.text), name.place, sends, nullptr};
    if (parenthesis && accept(Tok::Arrow)) {
        auto own = std::make_unique<StepSyntax>();
        bool message =
            at(Tok::LeftParen) || peek(1).kind == Tok::Not || peek(1).kind == Tok::Question;
        if (message) {
            own->next = this->step();
        } else {
            Token next = expect_name("the name of a state");
            own->next_state = next.text;
            own->next_place = next.place;
        }
        c.own = std::move(own);
    }
    if (parenthesis) expect(Tok::RightParen, "behind the message");
    step.choices.push_back(std::move(c));
}

void Parser::sip() {
    take();
    auto s = std::make_unique<SipSyntax>();
    Token name = take();
    s->name = name.text;
    s->place = name.place;
    expect(Tok::LeftBrace, "behind the SIP's name");
    while (!at(Tok::RightBrace) && !at(Tok::End)) {
        try {
            resource(*s);
        } catch (Recover&) {
            skip_statement();
        }
    }
    expect(Tok::RightBrace, "at the SIP's end");
    tree_.sips.push_back(std::move(s));
}

void Parser::resource(SipSyntax& sip) {
    constexpr std::string_view kExpected = "`memory`, `exchange`, `listen`, `endpoint`, `ports`, "
                                           "`irq`, `dma`, `processes` or `exports`";
    Token what = expect_name(kExpected);
    if (what.text == "memory" || what.text == "exchange") {
        (what.text == "memory" ? sip.memory : sip.exchange) = expression();
    } else if (what.text == "exports") {
        Token name = expect_name("the name of a contract");
        sip.exports.emplace_back(name.text, name.place);
    } else {
        ResourceSyntax r;
        r.what = what.text;
        if (r.what == "listen" || r.what == "endpoint") {
            r.syntax = type();
        } else if (r.what != "ports" && r.what != "irq" && r.what != "dma" &&
                   r.what != "processes") {
            at_--;
            fail(kExpected);
        }
        Token name = expect_name("the resource's name");
        r.name = name.text;
        r.place = name.place;
        if (!r.syntax && r.what != "processes") {
            expect(Tok::LeftParen, "and the resource's number");
            r.first = expression();
            if (r.what == "ports") {
                expect(Tok::Comma, "and how many ports");
                r.count = expression();
            }
            expect(Tok::RightParen, "behind the number");
        }
        sip.resources.push_back(std::move(r));
    }
    expect(Tok::Semicolon, "behind it");
}

void Parser::class_or_interface(bool interface) {
    take();
    auto c = std::make_unique<ClassSyntax>();
    Token name = expect_name(interface ? "the interface's name" : "the class's name");
    c->interface = interface;
    c->name = name.text;
    c->place = name.place;
    if (accept(Tok::Colon)) {
        do {
            Token i = expect_name("the name of an interface");
            c->interfaces.emplace_back(i.text, i.place);
        } while (accept(Tok::Comma));
    }
    expect(Tok::LeftBrace, "and the members");
    while (!at(Tok::RightBrace) && !at(Tok::End)) {
        try {
            member(*c);
        } catch (Recover&) {
            skip_statement();
        }
    }
    expect(Tok::RightBrace, "at the class's end");
    tree_.classes.push_back(std::move(c));
}

void Parser::member(ClassSyntax& owner) {
    refuse_foreign();
    FunctionSyntax f;
    if (at_word(owner.name) && peek(1).kind == Tok::LeftParen) {
        Token name = take();
        f.name = name.text;
        f.place = name.place;
    } else {
        f.result = type();
        Token name = expect_name("the member's name");
        f.name = name.text;
        f.place = name.place;
        if (!at(Tok::LeftParen)) {
            owner.fields.push_back({std::move(f.result), f.name, f.place});
            while (accept(Tok::Comma)) {
                fail("`;` (one field a declaration)");
            }
            if (at(Tok::Assign)) fail("`;` (fields are set in the constructor)");
            expect(Tok::Semicolon, "behind the field, or `(` for a method");
            return;
        }
    }
    function_rest(f, !owner.interface);
    owner.functions.push_back(std::move(f));
}

void Parser::exchange_struct() {
    take();
    take();
    auto s = std::make_unique<StructSyntax>();
    Token name = expect_name("the struct's name");
    s->name = name.text;
    s->place = name.place;
    expect(Tok::LeftBrace, "and the fields");
    while (!at(Tok::RightBrace) && !at(Tok::End)) {
        try {
            FieldSyntax f;
            f.syntax = type();
            Token field = expect_name("the field's name");
            f.name = field.text;
            f.place = field.place;
            expect(Tok::Semicolon, "behind the field (exchange structs have no methods)");
            s->fields.push_back(std::move(f));
        } catch (Recover&) {
            skip_statement();
        }
    }
    expect(Tok::RightBrace, "at the struct's end");
    tree_.structs.push_back(std::move(s));
}

std::vector<Parameter> Parser::parameters(bool may_claim) {
    std::vector<Parameter> result;
    expect(Tok::LeftParen, "and the parameters");
    while (!at(Tok::RightParen)) {
        Parameter p;
        if (at(Tok::LeftBracket)) {
            take();
            if (!may_claim) fail("a type (what a message carries is always claimed)");
            if (!at_word("Claims")) fail("`Claims`");
            take();
            expect(Tok::RightBracket, "behind `Claims`");
            p.claims = true;
        }
        p.syntax = type();
        Token name = expect_name("the parameter's name");
        p.name = name.text;
        p.place = name.place;
        result.push_back(std::move(p));
        if (!at(Tok::RightParen)) expect(Tok::Comma, "or `)` behind the parameter");
    }
    take();
    return result;
}

void Parser::function_rest(FunctionSyntax& function, bool with_body) {
    function.parameters = parameters(true);
    if (with_body) {
        if (!at(Tok::LeftBrace)) fail("`{` and the function's body");
        function.body = block();
    } else {
        expect(Tok::Semicolon, "behind the interface's method");
    }
}

} // namespace singlet::singc
