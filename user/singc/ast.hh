// The tree that the parser makes and the checker fills in: what stands under "checked:" is set by the checker and read by the
// lowering. Kinds share one struct each for expressions and statements; the comment at a kind says which children it has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "user/singc/lexer.hh"
#include "user/singc/type.hh"

namespace singlet::singc {

struct Function;
struct Variable;

struct TypeSyntax {
    enum class Form : std::uint8_t { Primitive, Named, Array, Endpoint, Cell, Set, Var };
    Form form = Form::Named;
    Tok primitive = Tok::Void;
    Place place;
    std::string name;      // Named: the name; Endpoint: the contract
    std::string state;     // Endpoint: the state or empty
    bool exporter = false; // Endpoint
    bool nullable = false;
    bool exchange = false;               // `in ExHeap`
    std::unique_ptr<TypeSyntax> element; // Array, Cell, Set
};
using TypePtr = std::unique_ptr<TypeSyntax>;

enum class ExprKind : std::uint8_t {
    Integer,
    String,
    Bool,
    Null,
    This, // literals; after folding all constants are Integer or Bool
    Name,
    Field,       // [object].name
    Index,       // [array][index]
    Call,        // [callee](arguments...)
    Unary,       // op [e]
    Binary,      // [a] op [b]; also && ||
    Conditional, // [c] ? [a] : [b]
    Assign,      // [place] op [value]
    Increment,   // [place] ++ --, prefix or postfix
    Is,
    As,        // [e] type
    Cast,      // (type)[e]
    New,       // new type(arguments...), also exchange structs, cells, sets, AnyEndpoint
    NewArray,  // new element-type[[length]], in the exchange heap or not
    ArrayList, // new type[] { elements... }
    Out,       // out name, as an argument
    Convert,   // checked: [e] as `type`
};

// What a call, a field access or `new` turned out to be.
enum class Target : std::uint8_t {
    None,
    Function,
    Method,
    Interface,
    Kernel, // calls; Method: [callee] is Field with the receiver, or Name with `this`
    Get,
    Set,
    CopyBytes, // Bytes
    PortIn,
    PortOut,
    Send,
    Recv,
    NewChannel,
    Acquire,
    Release,
    Add,
    ClassField,
    StructField,
    Length,
    Full, // fields
    Object,
    Struct,
    Cell,
    EndpointSet,
    Wrap, // new
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Expr {
    ExprKind kind;
    Place place;
    Tok op = Tok::End;
    bool prefix = false;  // Increment
    bool assigns = false; // it, or something in it, assigns to a variable
    bool starts = false;  // Call: by a thread of its own
    bool moves = false;   // Name, checked: an owned variable that is given away here
    std::string text;     // Name, Field, Out: the name; String: the bytes
    Token number;         // Integer
    TypePtr syntax;       // types in Is, As, Cast, New..., Out
    std::vector<ExprPtr> kids;

    // checked:
    Type type;
    Target target = Target::None;
    bool constant = false;
    std::int64_t value = 0;             // of a constant
    Variable* variable = nullptr;       // Name, Out
    const Function* function = nullptr; // Function, Method, Object (its constructor or null)
    std::uint32_t index = 0; // field, message, kernel call, interface method, width, contract
    Type result;             // Assign, Increment: the type in which the operation is done

    const Expr& kid(std::size_t i) const { return *kids[i]; }
    Expr& kid(std::size_t i) { return *kids[i]; }
};

enum class StmtKind : std::uint8_t {
    Empty,
    Block,
    Declare,
    Expression,
    If,
    While,
    Do,
    For,
    Foreach,
    Switch,
    Break,
    Continue,
    Return,
    Delete,
    Receive,
    Assert,
    Trap,
    Swap,
    Recv, // an expression statement with an optional else: ep.RecvX(...) else statement
};

struct Stmt;
using StmtPtr = std::unique_ptr<Stmt>;

struct Declarator {
    std::string name;
    Place place;
    ExprPtr value;
    Variable* variable = nullptr; // checked:
};

struct Binding {
    std::string name; // `_`: not wanted
    Place place;
    Variable* variable = nullptr; // checked:
};

struct Pattern {
    Place place;
    bool member = false; // case first in expr
    std::string source;  // the endpoint's or set's variable
    Place source_place;
    std::string message;
    Place message_place;
    std::vector<Binding> bindings;
    // checked:
    std::size_t operand = 0;
    std::uint16_t message_index = 0;
};

struct ReceiveCase {
    std::vector<Pattern> patterns;
    StmtPtr body;
    Place place;
};

struct SwitchCase {
    std::vector<ExprPtr> labels;
    bool is_default = false;
    StmtPtr body;
    Place place;
};

struct Stmt {
    StmtKind kind;
    Place place;
    Place end;                           // Block: the closing brace
    TypePtr syntax;                      // Declare, Foreach
    std::vector<Declarator> declarators; // Declare; Foreach: the variable
    std::vector<ExprPtr>
        exprs; // Expression, If and loops: condition; For: condition (may be null); Return ...
    std::vector<ExprPtr> steps; // For
    std::vector<StmtPtr> body;  // Block; If: then, else; loops: body; For: body, init; Recv: else
    std::vector<SwitchCase> cases;
    std::vector<ReceiveCase> receives;
    // checked:
    std::vector<Variable*> operands; // Receive
    std::vector<Variable*> hidden;   // Recv: registers for the arguments
    bool reached = true;             // the statement can be reached
};

struct Parameter {
    TypePtr syntax;
    std::string name;
    Place place;
    bool claims = false;
};

struct FunctionSyntax {
    TypePtr result; // null: a constructor
    std::string name;
    Place place;
    std::vector<Parameter> parameters;
    StmtPtr body; // null: in an interface
};

struct FieldSyntax {
    TypePtr syntax;
    std::string name;
    Place place;
};

struct ClassSyntax {
    std::string name;
    Place place;
    bool interface = false;
    std::vector<std::pair<std::string, Place>> interfaces;
    std::vector<FieldSyntax> fields;
    std::vector<FunctionSyntax> functions;
};

struct StructSyntax {
    std::string name;
    Place place;
    std::vector<FieldSyntax> fields;
};

struct MessageSyntax {
    std::string name;
    Place place;
    bool out;
    std::vector<Parameter> parameters;
};

// What a state does: a choice of messages, then a chain that ends in a state's name.
struct StepSyntax {
    struct Choice {
        std::string message;
        Place place;
        bool sends; // `!`
        std::unique_ptr<StepSyntax>
            own; // ((A! -> X) or (B! -> Y)): where this message leads, if said in the choice
    };
    std::vector<Choice> choices;
    std::unique_ptr<StepSyntax> next;
    std::string next_state;
    Place next_place;
};

struct StateSyntax {
    std::string name;
    Place place;
    std::vector<std::unique_ptr<StepSyntax>> steps;
};

struct ContractSyntax {
    std::string name;
    Place place;
    std::vector<MessageSyntax> messages;
    std::vector<StateSyntax> states;
};

struct ConstSyntax {
    TypePtr syntax;
    std::string name;
    Place place;
    ExprPtr value;
};

struct ResourceSyntax {
    std::string what; // listen endpoint ports irq dma processes
    TypePtr syntax;
    std::string name;
    Place place;
    ExprPtr first, count;
};

struct SipSyntax {
    std::string name;
    Place place;
    ExprPtr memory, exchange;
    std::vector<ResourceSyntax> resources;
    std::vector<std::pair<std::string, Place>> exports;
};

struct UsingSyntax {
    std::string path;
    Place place;
};

// All declarations, of all files.
struct Tree {
    std::vector<UsingSyntax> usings;
    std::vector<std::unique_ptr<ConstSyntax>> consts;
    std::vector<std::unique_ptr<ContractSyntax>> contracts;
    std::vector<std::unique_ptr<ClassSyntax>> classes;
    std::vector<std::unique_ptr<StructSyntax>> structs;
    std::vector<std::unique_ptr<FunctionSyntax>> functions;
    std::vector<std::unique_ptr<SipSyntax>> sips;
};

} // namespace singlet::singc
