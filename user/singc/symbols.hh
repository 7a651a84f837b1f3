// What the names of a program mean, after the declarations have been resolved: the bridge between the tree and the module.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "user/singc/ast.hh"
#include "user/singc/type.hh"
#include "verifier/verify.hh"

namespace singlet::singc {

struct Variable {
    std::string name;
    Type type; // as declared; the checker's flow knows more
    Place place;
    bool borrowed = false;
    bool parameter = false;
    std::uint32_t slot = 0; // in the checker's flow
    int reg = -1;           // in the lowering
};

struct ParameterInfo {
    std::string name;
    Type type;
    Place place;
    bool claims = false;
};

struct Function {
    std::string name; // as shown: Class.Method
    std::string short_name;
    Place place;
    const FunctionSyntax* syntax = nullptr;
    int owner = -1; // class
    bool constructor = false;
    Type result = kVoidType;
    std::vector<ParameterInfo> params; // without `this`
    std::uint32_t index = 0;        // in Module::functions; in Module::methods for an interface's
    std::deque<Variable> variables; // checked: the first are `this` and the parameters
};

struct FieldInfo {
    std::string name;
    Type type;
    Place place;
};

struct ClassInfo {
    std::string name;
    Place place;
    const ClassSyntax* syntax = nullptr;
    bool interface = false;
    std::vector<std::uint32_t> interfaces;
    std::vector<FieldInfo> fields;
    std::vector<Function*> methods;
    Function* constructor = nullptr;
};

struct StructInfo {
    std::string name;
    Place place;
    const StructSyntax* syntax = nullptr;
    std::vector<FieldInfo> fields;
};

struct MessageInfo {
    std::string name;
    Place place;
    bool out;
    std::vector<ParameterInfo> params;
};

struct TransitionInfo {
    std::uint16_t message;
    std::uint16_t next;
    Place place;
};

struct StateInfo {
    std::string name; // empty: between two arrows
    Place place;
    std::vector<TransitionInfo> transitions;
};

struct ContractInfo {
    std::string name;
    Place place;
    const ContractSyntax* syntax = nullptr;
    std::vector<MessageInfo> messages;
    std::vector<StateInfo> states;
    std::optional<verifier::ContractFacts> facts = {}; // unless something is wrong with it

    int message(std::string_view name) const;
    int state(std::string_view name) const;
    std::string state_text(std::size_t state) const; // how messages name it
};

struct ConstInfo {
    std::string name;
    Place place;
    ConstSyntax* syntax = nullptr;
    enum class Progress : std::uint8_t { Waiting, Working, Done } progress = Progress::Waiting;
    Type type;
    std::int64_t value = 0;
    std::string string;
};

enum class SymbolKind : std::uint8_t { Const, Class, Struct, Contract, Function, BuiltIn };

struct Symbol {
    SymbolKind kind;
    std::uint32_t index;
    Place place;
};

struct Program {
    Tree tree;
    TypeStore types;
    std::map<std::string, Symbol, std::less<>> names;
    std::vector<ConstInfo> consts;
    std::vector<ClassInfo> classes;
    std::vector<StructInfo> structs;
    std::vector<ContractInfo> contracts;
    std::deque<Function> functions;         // with code, in the module's order
    std::deque<Function> interface_methods; // in the module's order
    Function* main = nullptr;
    std::int64_t memory = 0, exchange = 0;
    struct ResourceInfo {
        const ResourceSyntax* syntax;
        Type type;
        std::int64_t first = 0, count = 0;
    };
    std::vector<ResourceInfo> resources;
    std::vector<std::uint32_t> exports;

    const Symbol* find(std::string_view name) const {
        auto it = names.find(name);
        return it == names.end() ? nullptr : &it->second;
    }
    bool implements(std::uint32_t cls, std::uint32_t interface) const;
    std::string type_name(const Type& type) const;
    std::string state_name(const Type& endpoint) const;
};

// The type that is written; errors are reported and give the error type.
Type resolve_type(Program& program, Diagnostics& diagnostics, const TypeSyntax& syntax,
                  bool state_needed = true);

// Fills the program from its tree. Constants and the manifest's numbers are left to the checker.
void declare(Program& program, Diagnostics& diagnostics);

// States, messages and their form; part of declare().
void declare_contract(Program& program, Diagnostics& diagnostics, ContractInfo& contract);

// The name in `candidates` that was probably meant, as "; did you mean `x`?", or nothing.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

} // namespace singlet::singc
