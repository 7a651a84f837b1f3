// Tokens to tree, by recursive descent. After an error the parser goes on at the next statement or declaration; nesting is
// bounded, so that no input can use up the stack.
#pragma once

#include "user/singc/ast.hh"

namespace singlet::singc {

class Parser {
public:
    static constexpr int kDeepest = 200;
    static constexpr int kDeepestType = 8;

    Parser(std::vector<Token> tokens, Diagnostics& diagnostics, Tree& tree)
        : tokens_(std::move(tokens)), diagnostics_(diagnostics), tree_(tree) {}

    void file();

private:
    struct Recover {}; // thrown by fail(), caught where parsing can go on
    class Deeper;

    // parser.cc
    const Token& peek(std::size_t ahead = 0) const;
    bool at(Tok kind) const { return peek().kind == kind; }
    bool at_word(std::string_view word) const { return at(Tok::Name) && peek().text == word; }
    Token take();
    bool accept(Tok kind);
    Token expect(Tok kind, std::string_view where);
    Token expect_name(std::string_view what);
    [[noreturn]] void fail(std::string_view expected);
    void refuse_foreign();
    void skip_statement();
    void skip_declaration();
    TypePtr type(bool with_suffix = true);
    TypePtr simple_type();
    bool looks_like_type_and_name();
    std::string quoted_found() const;

    // parse_declarations.cc
    void declaration();
    void constant();
    void contract();
    void message(ContractSyntax& contract, bool out);
    void state(ContractSyntax& contract);
    std::unique_ptr<StepSyntax> step();
    void choice(StepSyntax& step);
    void sip();
    void resource(SipSyntax& sip);
    void class_or_interface(bool interface);
    void member(ClassSyntax& owner);
    void exchange_struct();
    std::vector<Parameter> parameters(bool may_claim);
    void function_rest(FunctionSyntax& function, bool with_body);

    // parse_statements.cc
    StmtPtr make(StmtKind kind) const;
    StmtPtr block();
    StmtPtr statement();
    StmtPtr simple_statement(); // declaration or expression, without the `;`
    StmtPtr declare();
    StmtPtr if_statement();
    StmtPtr for_statement();
    StmtPtr foreach_statement();
    StmtPtr switch_statement();
    StmtPtr receive_statement(Place place);
    StmtPtr expression_statement();
    Pattern pattern();
    StmtPtr case_body();

    // parse_expressions.cc
    ExprPtr make(ExprKind kind, Place place) const;
    ExprPtr expression();
    ExprPtr conditional();
    ExprPtr binary(int precedence);
    ExprPtr unary();
    ExprPtr postfix();
    ExprPtr primary();
    ExprPtr new_expression();
    bool at_start();
    ExprPtr start_expression();
    std::vector<ExprPtr> arguments();
    ExprPtr argument();
    bool looks_like_cast();

    std::vector<Token> tokens_;
    Diagnostics& diagnostics_;
    Tree& tree_;
    std::size_t at_ = 0;
    int depth_ = 0;
    int quiet_ = 0; // trying: no messages
};

// Counts nesting while it lives.
class Parser::Deeper {
public:
    explicit Deeper(Parser& parser) : parser_(parser) {
        if (++parser_.depth_ > kDeepest) {
            parser_.depth_--;
            if (parser_.quiet_) throw Recover{};
            parser_.diagnostics_.error(parser_.peek().place, "this is nested too deeply");
            throw TooManyErrors{};
        }
    }
    ~Deeper() { parser_.depth_--; }

private:
    Parser& parser_;
};

} // namespace singlet::singc
