// Types as they are written: from syntax and back to text.
#include <algorithm>

#include <fmt/format.h>

#include "user/singc/symbols.hh"

namespace singlet::singc {

int ContractInfo::message(std::string_view wanted) const {
    for (std::size_t i = 0; i < messages.size(); i++)
        if (messages[i].name == wanted) return static_cast<int>(i);
    return -1;
}

int ContractInfo::state(std::string_view wanted) const {
    for (std::size_t i = 0; i < states.size(); i++)
        if (!states[i].name.empty() && states[i].name == wanted) return static_cast<int>(i);
    return -1;
}

namespace {

// A state without a name is called by what can happen in it; where that is not enough to tell it from the contract's other
// states, by what has led to it and, in the end, from where.
enum class Detail { Choices, After, From };

std::string messages_text(const ContractInfo& c, const StateInfo& from, int to = -1) {
    std::string text;
    for (const TransitionInfo& t : from.transitions) {
        if (to >= 0 && t.next != to) continue;
        if (!text.empty()) text += " or ";
        text += c.messages[t.message].name + (c.messages[t.message].out ? "!" : "?");
    }
    return text;
}

std::string unnamed_text(const ContractInfo& c, std::size_t state, Detail detail) {
    std::string text = "(" + messages_text(c, c.states[state]);
    if (detail == Detail::Choices) return text + ")";
    // Only the arrow it stands behind leads to it.
    for (std::size_t i = 0; i < c.states.size(); i++) {
        std::string led = messages_text(c, c.states[i], static_cast<int>(state));
        if (led.empty()) continue;
        return text + " after " + led + (detail == Detail::From ? " in " + c.state_text(i) : "") +
               ")";
    }
    return text + ")";
}

} // namespace

std::string ContractInfo::state_text(std::size_t state) const {
    if (!states[state].name.empty()) return states[state].name;
    for (Detail detail : {Detail::Choices, Detail::After}) {
        std::string text = unnamed_text(*this, state, detail);
        bool alone = true;
        for (std::size_t i = 0; i < states.size() && alone; i++)
            alone = i == state || !states[i].name.empty() || unnamed_text(*this, i, detail) != text;
        if (alone) return text;
    }
    return unnamed_text(*this, state, Detail::From);
}

bool Program::implements(std::uint32_t cls, std::uint32_t interface) const {
    const auto& list = classes[cls].interfaces;
    return std::find(list.begin(), list.end(), interface) != list.end();
}

std::string Program::state_name(const Type& t) const {
    if (t.state == kClosed) return "closed";
    if (t.state == kAnyState) return "any state";
    const ContractInfo& c = contracts[t.index];
    if (t.state >= c.states.size()) return "?";
    return c.state_text(t.state);
}

std::string Program::type_name(const Type& t) const {
    std::string q = t.nullable ? "?" : "";
    switch (t.kind) {
    case TypeKind::Error:
        return "?";
    case TypeKind::Void:
        return "void";
    case TypeKind::Bool:
        return "bool";
    case TypeKind::Byte:
        return "byte";
    case TypeKind::Int:
        return "int";
    case TypeKind::UInt:
        return "uint";
    case TypeKind::Long:
        return "long";
    case TypeKind::Null:
        return "null";
    case TypeKind::String:
        return "string" + q;
    case TypeKind::Array:
        return type_name(*t.element) + "[]" + q;
    case TypeKind::Object:
        return classes[t.index].name + q;
    case TypeKind::Cell:
        return "TCell<" + type_name(*t.element) + ">" + q;
    case TypeKind::Struct:
        return structs[t.index].name + q + " in ExHeap";
    case TypeKind::Vector:
        return type_name(*t.element) + "[]" + q + " in ExHeap";
    case TypeKind::Endpoint: {
        std::string name = contracts[t.index].name + (t.exporter ? ".Exp" : ".Imp");
        return name + (t.state == kAnyState ? "" : ":" + state_name(t)) + q;
    }
    case TypeKind::Any:
        return "AnyEndpoint" + q;
    case TypeKind::Set:
        return "ESet<" + type_name(*t.element) + ">" + q;
    case TypeKind::Ports:
        return "Ports";
    case TypeKind::Irq:
        return "Irq";
    case TypeKind::Dma:
        return "Dma";
    case TypeKind::Processes:
        return "Processes";
    }
    return "?";
}

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); j++)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); i++) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); j++) {
            std::size_t above = row[j];
            bool same = std::tolower(static_cast<unsigned char>(a[i - 1])) ==
                        std::tolower(static_cast<unsigned char>(b[j - 1]));
            row[j] = std::min({diagonal + !same, row[j] + 1, row[j - 1] + 1});
            diagonal = above;
        }
    }
    return row[b.size()];
}

class Resolver {
public:
    Resolver(Program& program, Diagnostics& diagnostics)
        : program_(program), diagnostics_(diagnostics) {}

    Type resolve(const TypeSyntax& s, bool state_needed) {
        Type t = plain(s, state_needed);
        if (t.error()) return t;
        if (s.exchange && t != TypeKind::Struct && t != TypeKind::Vector)
            return error(s,
                         fmt::format("`in ExHeap` does not go with {}; only vectors and exchange "
                                     "structs live there",
                                     program_.type_name(t)));
        if (s.nullable) {
            if (!t.may_be_nullable() || t == TypeKind::Set)
                return error(s, fmt::format("{} cannot be null", program_.type_name(t)));
            t.nullable = true;
        }
        return t;
    }

private:
    Type error(const TypeSyntax& s, std::string sentence) {
        diagnostics_.error(s.place, std::move(sentence));
        return kErrorType;
    }

    Type plain(const TypeSyntax& s, bool state_needed) {
        switch (s.form) {
        case TypeSyntax::Form::Primitive:
            return primitive(s.primitive);
        case TypeSyntax::Form::Named:
            return named(s);
        case TypeSyntax::Form::Array:
            return array(s);
        case TypeSyntax::Form::Endpoint:
            return endpoint(s, state_needed);
        case TypeSyntax::Form::Cell: {
            Type e = resolve(*s.element, true);
            if (e.error()) return e;
            if (!e.owned() || e.nullable)
                return error(*s.element, fmt::format("a TCell holds an owned type, not {}",
                                                     program_.type_name(e)));
            return {.kind = TypeKind::Cell, .element = program_.types.intern(e)};
        }
        case TypeSyntax::Form::Set: {
            Type e = resolve(*s.element, true);
            if (e.error()) return e;
            if (e != TypeKind::Endpoint || e.nullable)
                return error(*s.element,
                             fmt::format("an ESet holds endpoints, not {}", program_.type_name(e)));
            return {.kind = TypeKind::Set, .element = program_.types.intern(e)};
        }
        case TypeSyntax::Form::Var:
            return error(s, "`var` is for local variables: a type is expected here");
        }
        return kErrorType;
    }

    static Type primitive(Tok kind) {
        switch (kind) {
        case Tok::Int:
            return kIntType;
        case Tok::UInt:
            return kUIntType;
        case Tok::Byte:
            return kByteType;
        case Tok::Bool:
            return kBoolType;
        case Tok::Long:
            return kLongType;
        case Tok::StringType:
            return kStringType;
        default:
            return kVoidType;
        }
    }

    Type array(const TypeSyntax& s) {
        Type e = resolve(*s.element, true);
        if (e.error()) return e;
        if (s.exchange) {
            if (e != TypeKind::Byte && e != TypeKind::Int && e != TypeKind::Long)
                return error(*s.element,
                             fmt::format("vectors in the exchange heap hold byte, int or "
                                         "long, not {}",
                                         program_.type_name(e)));
            return {.kind = TypeKind::Vector, .element = program_.types.intern(e)};
        }
        if (e.owned())
            return error(*s.element, fmt::format("an array cannot hold the owned type {}; a TCell "
                                                 "in a class can",
                                                 program_.type_name(e)));
        if (!e.integer() && e != TypeKind::Bool && !e.collected())
            return error(*s.element, fmt::format("an array cannot hold {}", program_.type_name(e)));
        return {.kind = TypeKind::Array, .element = program_.types.intern(e)};
    }

    Type named(const TypeSyntax& s) {
        if (s.name == "AnyEndpoint") return {.kind = TypeKind::Any};
        if (s.name == "Ports") return {.kind = TypeKind::Ports};
        if (s.name == "Irq") return {.kind = TypeKind::Irq};
        if (s.name == "Dma") return {.kind = TypeKind::Dma};
        if (s.name == "Processes") return {.kind = TypeKind::Processes};
        const Symbol* symbol = program_.find(s.name);
        if (symbol && symbol->kind == SymbolKind::Class)
            return {.kind = TypeKind::Object, .index = symbol->index};
        if (symbol && symbol->kind == SymbolKind::Struct)
            return {.kind = TypeKind::Struct, .index = symbol->index};
        if (symbol && symbol->kind == SymbolKind::Contract)
            return error(s, fmt::format("`{0}` is a contract: expected `{0}.Imp:State` or "
                                        "`{0}.Exp:State`",
                                        s.name));
        if (symbol) return error(s, fmt::format("`{}` is not a type", s.name));
        std::vector<std::string> candidates;
        for (const auto& [name, x] : program_.names)
            candidates.push_back(name);
        return error(
            s, fmt::format("there is no type `{}`{}", s.name, did_you_mean(s.name, candidates)));
    }

    Type endpoint(const TypeSyntax& s, bool state_needed) {
        const Symbol* symbol = program_.find(s.name);
        if (!symbol || symbol->kind != SymbolKind::Contract) {
            std::vector<std::string> candidates;
            for (const ContractInfo& c : program_.contracts)
                candidates.push_back(c.name);
            return error(s, fmt::format("there is no contract `{}`{}", s.name,
                                        did_you_mean(s.name, candidates)));
        }
        Type t{.kind = TypeKind::Endpoint, .exporter = s.exporter, .index = symbol->index};
        const ContractInfo& c = program_.contracts[symbol->index];
        if (s.state.empty()) {
            if (state_needed)
                return error(
                    s,
                    fmt::format("expected `:` and a state of contract {} behind the side", c.name));
            return t.in_state(kAnyState);
        }
        for (std::size_t i = 0; i < c.syntax->states.size(); i++)
            if (c.syntax->states[i].name == s.state)
                return t.in_state(static_cast<std::uint16_t>(i));
        std::vector<std::string> candidates;
        for (const auto& x : c.syntax->states)
            candidates.push_back(x.name);
        return error(s, fmt::format("contract {} has no state `{}`{}", c.name, s.state,
                                    did_you_mean(s.state, candidates)));
    }

    Program& program_;
    Diagnostics& diagnostics_;
};

} // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
    const std::string* best = nullptr;
    std::size_t nearest = name.size() / 3 + 1;
    if (name.size() > 64) return "";
    for (const std::string& c : candidates) {
        if (c.size() > 64) continue;
        std::size_t d = distance(name, c);
        if (d < nearest || (d == nearest && !best && d < name.size())) {
            nearest = d;
            best = &c;
        }
    }
    return best ? fmt::format("; did you mean `{}`?", *best) : "";
}

Type resolve_type(Program& program, Diagnostics& diagnostics, const TypeSyntax& syntax,
                  bool state_needed) {
    return Resolver(program, diagnostics).resolve(syntax, state_needed);
}

} // namespace singlet::singc
