#include "user/singc/parser.hh"

namespace singlet::singc {

StmtPtr Parser::make(StmtKind kind) const {
    auto s = std::make_unique<Stmt>();
    s->kind = kind;
    s->place = peek().place;
    return s;
}

StmtPtr Parser::block() {
    Deeper deeper(*this);
    StmtPtr s = make(StmtKind::Block);
    expect(Tok::LeftBrace, "");
    while (!at(Tok::RightBrace) && !at(Tok::End)) {
        std::size_t before = at_;
        try {
            s->body.push_back(statement());
        } catch (Recover&) {
            if (at_ == before && !at(Tok::RightBrace)) take();
            skip_statement();
        }
    }
    if (at(Tok::End)) {
        diagnostics_.error(peek().place, "expected `}`, found the end of the file",
                           {{s->place, "to close this"}});
        throw TooManyErrors{};
    }
    s->end = take().place;
    return s;
}

StmtPtr Parser::statement() {
    Deeper deeper(*this);
    refuse_foreign();
    switch (peek().kind) {
    case Tok::LeftBrace:
        return block();
    case Tok::If:
        return if_statement();
    case Tok::For:
        return for_statement();
    case Tok::Foreach:
        return foreach_statement();
    case Tok::Switch:
        return switch_statement();
    case Tok::Semicolon: {
        StmtPtr s = make(StmtKind::Empty);
        take();
        return s;
    }
    case Tok::While: {
        StmtPtr s = make(StmtKind::While);
        take();
        expect(Tok::LeftParen, "behind `while`");
        s->exprs.push_back(expression());
        expect(Tok::RightParen, "behind the condition");
        s->body.push_back(statement());
        return s;
    }
    case Tok::Do: {
        StmtPtr s = make(StmtKind::Do);
        take();
        s->body.push_back(statement());
        expect(Tok::While, "behind the body of `do`");
        expect(Tok::LeftParen, "behind `while`");
        s->exprs.push_back(expression());
        expect(Tok::RightParen, "behind the condition");
        expect(Tok::Semicolon, "behind the loop");
        return s;
    }
    case Tok::Break:
    case Tok::Continue: {
        StmtPtr s = make(at(Tok::Break) ? StmtKind::Break : StmtKind::Continue);
        take();
        expect(Tok::Semicolon, "behind it");
        return s;
    }
    case Tok::Return:
    case Tok::Delete: {
        StmtPtr s = make(at(Tok::Return) ? StmtKind::Return : StmtKind::Delete);
        take();
        if (s->kind == StmtKind::Delete || !at(Tok::Semicolon)) s->exprs.push_back(expression());
        expect(Tok::Semicolon, "behind the statement");
        return s;
    }
    case Tok::Const:
        diagnostics_.error(peek().place, "constants stand outside of functions");
        throw Recover{};
    default:
        break;
    }
    bool check = at_word("assert"), trap = at_word("trap");
    if ((check || trap) && peek(1).kind == Tok::LeftParen) {
        StmtPtr s = make(check ? StmtKind::Assert : StmtKind::Trap);
        take();
        take();
        s->exprs.push_back(expression());
        expect(Tok::RightParen, "behind the expression");
        expect(Tok::Semicolon, "behind the statement");
        return s;
    }
    StmtPtr s = simple_statement();
    bool call = s->kind == StmtKind::Expression && s->exprs[0]->kind == ExprKind::Call;
    if (call && at(Tok::Else)) {
        take();
        s->kind = StmtKind::Recv;
        s->body.push_back(statement());
        return s;
    }
    expect(Tok::Semicolon, "behind the statement");
    return s;
}

StmtPtr Parser::simple_statement() {
    if (at(Tok::Var) || looks_like_type_and_name()) return declare();
    return expression_statement();
}

StmtPtr Parser::declare() {
    StmtPtr s = make(StmtKind::Declare);
    if (at(Tok::Var)) {
        s->syntax = std::make_unique<TypeSyntax>();
        s->syntax->form = TypeSyntax::Form::Var;
        s->syntax->place = take().place;
    } else {
        s->syntax = type();
    }
    do {
        Declarator d;
        Token name = expect_name("the variable's name");
        d.name = name.text;
        d.place = name.place;
        if (accept(Tok::Assign)) {
            if (at(Tok::LeftBrace)) fail("a value (an array is `new T[] { ... }`)");
            d.value = expression();
        }
        s->declarators.push_back(std::move(d));
    } while (accept(Tok::Comma));
    return s;
}

StmtPtr Parser::expression_statement() {
    StmtPtr s = make(StmtKind::Expression);
    s->exprs.push_back(expression());
    if (accept(Tok::SwapArrow)) {
        s->kind = StmtKind::Swap;
        s->exprs.push_back(expression());
    }
    s->place = s->exprs[0]->place;
    return s;
}

StmtPtr Parser::if_statement() {
    StmtPtr s = make(StmtKind::If);
    take();
    expect(Tok::LeftParen, "behind `if`");
    s->exprs.push_back(expression());
    expect(Tok::RightParen, "behind the condition");
    s->body.push_back(statement());
    if (accept(Tok::Else)) s->body.push_back(statement());
    return s;
}

StmtPtr Parser::for_statement() {
    StmtPtr s = make(StmtKind::For);
    take();
    expect(Tok::LeftParen, "behind `for`");
    StmtPtr init = at(Tok::Semicolon) ? make(StmtKind::Empty) : simple_statement();
    expect(Tok::Semicolon, "behind the loop's start");
    s->exprs.push_back(at(Tok::Semicolon) ? nullptr : expression());
    expect(Tok::Semicolon, "behind the condition");
    while (!at(Tok::RightParen)) {
        s->steps.push_back(expression());
        if (!at(Tok::RightParen)) expect(Tok::Comma, "or `)` behind the step");
    }
    take();
    s->body.push_back(statement());
    s->body.push_back(std::move(init));
    return s;
}

StmtPtr Parser::foreach_statement() {
    StmtPtr s = make(StmtKind::Foreach);
    take();
    expect(Tok::LeftParen, "behind `foreach`");
    s->syntax = std::make_unique<TypeSyntax>();
    s->syntax->form = TypeSyntax::Form::Var;
    s->syntax->place = peek().place;
    if (accept(Tok::Var)) {
    } else if (!(at(Tok::Name) && peek(1).kind == Tok::In)) {
        s->syntax = type();
    }
    Declarator d;
    Token name = expect_name("the variable's name");
    d.name = name.text;
    d.place = name.place;
    s->declarators.push_back(std::move(d));
    expect(Tok::In, "and the array");
    s->exprs.push_back(expression());
    expect(Tok::RightParen, "behind the array");
    s->body.push_back(statement());
    return s;
}

StmtPtr Parser::case_body() {
    StmtPtr s = make(StmtKind::Block);
    while (!at(Tok::Case) && !at(Tok::Default) && !at(Tok::RightBrace) && !at(Tok::End)) {
        std::size_t before = at_;
        try {
            s->body.push_back(statement());
        } catch (Recover&) {
            if (at_ == before && !at(Tok::RightBrace)) take();
            skip_statement();
        }
    }
    s->end = peek().place;
    return s;
}

StmtPtr Parser::switch_statement() {
    StmtPtr s = make(StmtKind::Switch);
    Place place = take().place;
    if (at_word("receive")) return receive_statement(place);
    expect(Tok::LeftParen, "or `receive` behind `switch`");
    s->exprs.push_back(expression());
    expect(Tok::RightParen, "behind the value");
    expect(Tok::LeftBrace, "and the cases");
    while (!at(Tok::RightBrace)) {
        SwitchCase c;
        c.place = peek().place;
        if (!at(Tok::Case) && !at(Tok::Default)) fail("`case` or `default`");
        while (at(Tok::Case) || at(Tok::Default)) {
            if (take().kind == Tok::Default)
                c.is_default = true;
            else
                c.labels.push_back(conditional());
            expect(Tok::Colon, "behind the case");
        }
        c.body = case_body();
        s->cases.push_back(std::move(c));
    }
    s->end = take().place;
    return s;
}

StmtPtr Parser::receive_statement(Place place) {
    StmtPtr s = make(StmtKind::Receive);
    s->place = place.to(take().place);
    expect(Tok::LeftBrace, "behind `switch receive`");
    while (!at(Tok::RightBrace)) {
        ReceiveCase c;
        c.place = peek().place;
        expect(Tok::Case, "(each case of a `switch receive` names its messages)");
        do {
            c.patterns.push_back(pattern());
        } while (accept(Tok::AndAnd));
        c.place = c.place.to(tokens_[at_ - 1].place);
        expect(Tok::Colon, "behind the case");
        c.body = case_body();
        s->receives.push_back(std::move(c));
    }
    s->end = take().place;
    return s;
}

Pattern Parser::pattern() {
    Pattern p;
    Token first = expect_name("an endpoint (`case e.Message(x):`) or `case e in set:`");
    p.place = first.place;
    if (accept(Tok::In)) {
        Token set = expect_name("the name of a set");
        p.member = true;
        p.source = set.text;
        p.source_place = set.place;
        p.message_place = p.place.to(set.place);
        p.bindings.push_back({std::string(first.text), first.place});
        return p;
    }
    p.source = first.text;
    p.source_place = first.place;
    expect(Tok::Dot, "and a message, or `in` and a set");
    Token message = expect_name("the name of a message");
    p.message = message.text;
    p.message_place = message.place;
    expect(Tok::LeftParen, "and names for the message's arguments");
    while (!at(Tok::RightParen)) {
        Token name = expect_name("a new variable's name");
        p.bindings.push_back({std::string(name.text), name.place});
        if (!at(Tok::RightParen)) expect(Tok::Comma, "or `)` behind the variable");
    }
    p.place = p.place.to(take().place);
    return p;
}

} // namespace singlet::singc
