#include "user/singc/parser.hh"

namespace singlet::singc {
namespace {

// C#'s precedence, loosest first; 0 is no binary operator.
int precedence(Tok op) {
    switch (op) {
    case Tok::OrOr:
        return 1;
    case Tok::AndAnd:
        return 2;
    case Tok::Or:
        return 3;
    case Tok::Xor:
        return 4;
    case Tok::And:
        return 5;
    case Tok::Equal:
    case Tok::NotEqual:
        return 6;
    case Tok::Less:
    case Tok::LessEqual:
    case Tok::Greater:
    case Tok::GreaterEqual:
    case Tok::Is:
    case Tok::As:
        return 7;
    case Tok::Shl:
    case Tok::Shr:
    case Tok::ShrU:
        return 8;
    case Tok::Plus:
    case Tok::Minus:
        return 9;
    case Tok::Star:
    case Tok::Slash:
    case Tok::Percent:
        return 10;
    default:
        return 0;
    }
}

bool assignment(Tok op) {
    switch (op) {
    case Tok::Assign:
    case Tok::PlusAssign:
    case Tok::MinusAssign:
    case Tok::StarAssign:
    case Tok::SlashAssign:
    case Tok::PercentAssign:
    case Tok::AndAssign:
    case Tok::OrAssign:
    case Tok::XorAssign:
    case Tok::ShlAssign:
    case Tok::ShrAssign:
    case Tok::ShrUAssign:
        return true;
    default:
        return false;
    }
}

void adopt(Expr& parent, ExprPtr kid) {
    parent.assigns = parent.assigns || kid->assigns;
    parent.place = kid->place.offset < parent.place.offset ? kid->place.to(parent.place)
                                                           : parent.place.to(kid->place);
    parent.kids.push_back(std::move(kid));
}

TypePtr array_of(TypePtr element, bool exchange) {
    auto array = std::make_unique<TypeSyntax>();
    array->form = TypeSyntax::Form::Array;
    array->place = element->place;
    array->exchange = exchange;
    array->element = std::move(element);
    return array;
}

} // namespace

ExprPtr Parser::make(ExprKind kind, Place place) const {
    auto e = std::make_unique<Expr>();
    e->kind = kind;
    e->place = place;
    return e;
}

ExprPtr Parser::expression() {
    Deeper deeper(*this);
    ExprPtr left = conditional();
    if (!assignment(peek().kind)) return left;
    Token op = take();
    ExprPtr e = make(ExprKind::Assign, left->place);
    e->op = op.kind;
    adopt(*e, std::move(left));
    adopt(*e, expression());
    e->assigns = true;
    return e;
}

ExprPtr Parser::conditional() {
    ExprPtr condition = binary(1);
    if (!at(Tok::Question)) return condition;
    Deeper deeper(*this);
    take();
    ExprPtr e = make(ExprKind::Conditional, condition->place);
    adopt(*e, std::move(condition));
    adopt(*e, expression());
    expect(Tok::Colon, "and the other value of `?:`");
    adopt(*e, expression());
    return e;
}

ExprPtr Parser::binary(int lowest) {
    Deeper deeper(*this);
    ExprPtr left = unary();
    int nested = 0;
    for (;;) {
        int p = precedence(peek().kind);
        if (p == 0 || p < lowest) return left;
        if (++nested > 1000) fail("a shorter expression");
        Token op = take();
        bool test = op.kind == Tok::Is || op.kind == Tok::As;
        ExprKind kind = op.kind == Tok::Is   ? ExprKind::Is
                        : op.kind == Tok::As ? ExprKind::As
                                             : ExprKind::Binary;
        ExprPtr e = make(kind, left->place);
        e->op = op.kind;
        adopt(*e, std::move(left));
        if (test) {
            e->syntax = type(false);
            e->place = e->place.to(e->syntax->place);
        } else {
            adopt(*e, binary(p + 1));
        }
        left = std::move(e);
    }
}

ExprPtr Parser::unary() {
    Deeper deeper(*this);
    switch (peek().kind) {
    case Tok::Not:
    case Tok::Tilde:
    case Tok::Minus:
    case Tok::Plus: {
        Token op = take();
        ExprPtr e = make(ExprKind::Unary, op.place);
        e->op = op.kind;
        adopt(*e, unary());
        return e;
    }
    case Tok::PlusPlus:
    case Tok::MinusMinus: {
        Token op = take();
        ExprPtr e = make(ExprKind::Increment, op.place);
        e->op = op.kind;
        e->prefix = true;
        adopt(*e, unary());
        e->assigns = true;
        return e;
    }
    case Tok::LeftParen:
        if (looks_like_cast()) {
            Place start = take().place;
            ExprPtr e = make(ExprKind::Cast, start);
            e->syntax = type();
            expect(Tok::RightParen, "behind the type");
            adopt(*e, unary());
            return e;
        }
        break;
    default:
        break;
    }
    return postfix();
}

// `(` type `)` and then something that can begin an operand, but no operator.
bool Parser::looks_like_cast() {
    std::size_t before = at_;
    int depth = depth_;
    bool result = false;
    quiet_++;
    take();
    bool keyword = at(Tok::Int) || at(Tok::UInt) || at(Tok::Byte) || at(Tok::Bool) ||
                   at(Tok::Long) || at(Tok::StringType);
    bool generic = at(Tok::Name) && peek(1).kind == Tok::Less; // not worth trying: `(a < b)`
    if (!generic) {
        try {
            TypePtr t = type();
            if (accept(Tok::RightParen)) {
                switch (peek().kind) {
                case Tok::Name:
                case Tok::Integer:
                case Tok::String:
                case Tok::Char:
                case Tok::LeftParen:
                case Tok::Not:
                case Tok::Tilde:
                case Tok::Null:
                case Tok::True:
                case Tok::False:
                case Tok::This:
                case Tok::New:
                    result = true;
                    break;
                default:
                    result = keyword;
                }
            }
        } catch (Recover&) {
            depth_ = depth;
        }
    }
    quiet_--;
    at_ = before;
    return result;
}

ExprPtr Parser::postfix() {
    ExprPtr e = primary();
    int nested = 0;
    for (;;) {
        if (++nested > 1000) fail("a shorter expression");
        if (at(Tok::Dot)) {
            take();
            Token name = expect_name("the name of a member");
            ExprPtr f = make(ExprKind::Field, e->place);
            f->text = name.text;
            adopt(*f, std::move(e));
            f->place = f->place.to(name.place);
            e = std::move(f);
        } else if (at(Tok::LeftBracket)) {
            take();
            ExprPtr i = make(ExprKind::Index, e->place);
            adopt(*i, std::move(e));
            adopt(*i, expression());
            i->place = i->place.to(expect(Tok::RightBracket, "behind the index").place);
            e = std::move(i);
        } else if (at(Tok::LeftParen)) {
            ExprPtr c = make(ExprKind::Call, e->place);
            adopt(*c, std::move(e));
            for (ExprPtr& a : arguments())
                adopt(*c, std::move(a));
            c->place = c->place.to(tokens_[at_ - 1].place);
            e = std::move(c);
        } else if (at(Tok::PlusPlus) || at(Tok::MinusMinus)) {
            Token op = take();
            ExprPtr i = make(ExprKind::Increment, e->place);
            i->op = op.kind;
            adopt(*i, std::move(e));
            i->place = i->place.to(op.place);
            i->assigns = true;
            e = std::move(i);
        } else {
            return e;
        }
    }
}

std::vector<ExprPtr> Parser::arguments() {
    std::vector<ExprPtr> result;
    expect(Tok::LeftParen, "and the arguments");
    while (!at(Tok::RightParen)) {
        result.push_back(argument());
        if (!at(Tok::RightParen)) expect(Tok::Comma, "or `)` behind the argument");
    }
    take();
    return result;
}

ExprPtr Parser::argument() {
    if (!at(Tok::Out)) return expression();
    ExprPtr e = make(ExprKind::Out, take().place);
    if (!accept(Tok::Var) &&
        !(at(Tok::Name) && (peek(1).kind == Tok::Comma || peek(1).kind == Tok::RightParen)))
        e->syntax = type();
    Token name = expect_name("the variable's name");
    e->text = name.text;
    e->place = e->place.to(name.place);
    e->assigns = true;
    return e;
}

ExprPtr Parser::primary() {
    Token t = peek();
    switch (t.kind) {
    case Tok::Integer:
    case Tok::Char: {
        ExprPtr e = make(ExprKind::Integer, t.place);
        e->number = take();
        return e;
    }
    case Tok::String: {
        ExprPtr e = make(ExprKind::String, t.place);
        e->text = take().string;
        return e;
    }
    case Tok::True:
    case Tok::False: {
        ExprPtr e = make(ExprKind::Bool, t.place);
        e->value = take().kind == Tok::True;
        return e;
    }
    case Tok::Null:
        take();
        return make(ExprKind::Null, t.place);
    case Tok::This:
        take();
        return make(ExprKind::This, t.place);
    case Tok::Name: {
        if (at_start()) return start_expression();
        ExprPtr e = make(ExprKind::Name, t.place);
        e->text = take().text;
        return e;
    }
    case Tok::LeftParen: {
        take();
        ExprPtr e = expression();
        expect(Tok::RightParen, "to close `(`");
        return e;
    }
    case Tok::New:
        return new_expression();
    default:
        fail("an expression");
    }
}

// `start` is a word like any other where no call follows it.
bool Parser::at_start() {
    return at_word("start") && peek(1).kind == Tok::Name && peek(2).kind == Tok::LeftParen;
}

// start f(a)
ExprPtr Parser::start_expression() {
    ExprPtr e = make(ExprKind::Call, take().place);
    ExprPtr callee = make(ExprKind::Name, peek().place);
    callee->text = take().text;
    adopt(*e, std::move(callee));
    for (ExprPtr& a : arguments())
        adopt(*e, std::move(a));
    e->place = e->place.to(tokens_[at_ - 1].place);
    e->starts = true;
    return e;
}

// new C(a) | new T[n] | new T[] { ... } | new[ExHeap] byte[n] | new[ExHeap] Packet()
ExprPtr Parser::new_expression() {
    Place start = take().place;
    bool exchange = false;
    if (at(Tok::LeftBracket) && peek(1).kind == Tok::Name && peek(1).text == "ExHeap") {
        take();
        take();
        expect(Tok::RightBracket, "behind `ExHeap`");
        exchange = true;
    }
    TypePtr t = simple_type();
    while ((at(Tok::Question) && peek(1).kind == Tok::LeftBracket)) {
        take();
        t->nullable = true;
    }
    if (at(Tok::LeftParen)) {
        ExprPtr e = make(ExprKind::New, start.to(t->place));
        t->exchange = exchange;
        e->syntax = std::move(t);
        for (ExprPtr& a : arguments())
            adopt(*e, std::move(a));
        e->place = e->place.to(tokens_[at_ - 1].place);
        return e;
    }
    if (!at(Tok::LeftBracket)) fail("`(` and arguments, or `[` and a length");
    if (peek(1).kind == Tok::RightBracket) {
        take();
        take();
        ExprPtr e = make(ExprKind::ArrayList, start);
        e->syntax = array_of(std::move(t), exchange);
        expect(Tok::LeftBrace, "and the elements");
        while (!at(Tok::RightBrace)) {
            adopt(*e, expression());
            if (!at(Tok::RightBrace)) expect(Tok::Comma, "or `}` behind the element");
        }
        e->place = e->place.to(take().place);
        return e;
    }
    take();
    ExprPtr e = make(ExprKind::NewArray, start);
    adopt(*e, expression());
    e->place = e->place.to(expect(Tok::RightBracket, "behind the length").place);
    int nested = 0;
    while (at(Tok::LeftBracket) && peek(1).kind == Tok::RightBracket) { // new int[n][]
        take();
        take();
        t = array_of(std::move(t), false);
        if (accept(Tok::Question)) t->nullable = true;
        if (++nested > kDeepestType) fail("a simpler type");
    }
    e->syntax = array_of(std::move(t), exchange);
    return e;
}

} // namespace singlet::singc
