// Declarations: names first, then what they are made of, so that their order does not matter.
#include <fmt/format.h>

#include "user/singc/symbols.hh"
#include "verifier/limits.hh"

namespace singlet::singc {
namespace {

namespace limits = verifier::limits;

class Declarer {
public:
    Declarer(Program& program, Diagnostics& diagnostics)
        : program_(program), diagnostics_(diagnostics) {}

    void run() {
        for (const char* name : {"Kernel", "Bytes", "AnyEndpoint", "ESet", "TCell", "Ports", "Irq",
                                 "Dma", "Processes"})
            program_.names.emplace(name, Symbol{SymbolKind::BuiltIn, 0, {}});
        collect_names();
        for (ContractInfo& c : program_.contracts)
            declare_contract(program_, diagnostics_, c);
        check_handover();
        for (StructInfo& s : program_.structs)
            fields(s.syntax->fields, s.fields, true);
        for (std::size_t i = 0; i < program_.classes.size(); i++)
            class_members(i);
        for (auto& f : program_.tree.functions) {
            Function& function = program_.functions.emplace_back();
            name(f->name, f->place, SymbolKind::Function, program_.functions.size() - 1);
            signature(function, *f, -1);
        }
        for (const ClassInfo& c : program_.classes)
            check_implements(c);
        for (std::size_t i = 0; i < program_.functions.size(); i++)
            program_.functions[i].index = static_cast<std::uint32_t>(i);
        for (std::size_t i = 0; i < program_.interface_methods.size(); i++)
            program_.interface_methods[i].index = static_cast<std::uint32_t>(i);
    }

private:
    void name(const std::string& name, Place place, SymbolKind kind, std::size_t index) {
        auto [it, fresh] =
            program_.names.emplace(name, Symbol{kind, static_cast<std::uint32_t>(index), place});
        if (fresh) return;
        if (it->second.kind == SymbolKind::BuiltIn)
            diagnostics_.error(place, fmt::format("`{}` is a name of the language", name));
        else
            diagnostics_.error(place, fmt::format("`{}` is declared twice", name),
                               {{it->second.place, "the first time here"}});
    }

    void collect_names() {
        for (auto& c : program_.tree.consts) {
            name(c->name, c->place, SymbolKind::Const, program_.consts.size());
            ConstInfo& info = program_.consts.emplace_back();
            info.name = c->name;
            info.place = c->place;
            info.syntax = c.get();
        }
        for (auto& c : program_.tree.contracts) {
            name(c->name, c->place, SymbolKind::Contract, program_.contracts.size());
            program_.contracts.push_back({c->name, c->place, c.get(), {}, {}});
        }
        for (auto& s : program_.tree.structs) {
            name(s->name, s->place, SymbolKind::Struct, program_.structs.size());
            program_.structs.push_back({s->name, s->place, s.get(), {}});
        }
        for (auto& c : program_.tree.classes) {
            name(c->name, c->place, SymbolKind::Class, program_.classes.size());
            program_.classes.push_back(
                {c->name, c->place, c.get(), c->interface, {}, {}, {}, nullptr});
        }
    }

    // An endpoint in a message is in a state where its side sends next and nothing can wait for it [ES06 2.4].
    void check_handover() {
        for (const ContractInfo& c : program_.contracts)
            for (const MessageInfo& m : c.messages)
                for (const ParameterInfo& p : m.params) {
                    if (p.type != TypeKind::Endpoint) continue;
                    const ContractInfo& of = program_.contracts[p.type.index];
                    if (!of.facts || p.type.state >= of.states.size()) continue;
                    if (!of.facts->hand_over[p.type.exporter][p.type.state])
                        diagnostics_.error(
                            p.place,
                            fmt::format("{} cannot travel in a message: its side must be the one "
                                        "that sends next{}",
                                        program_.type_name(p.type), only(of, p.type)));
                }
    }

    // More about a state in which the side does send.
    static std::string only(const ContractInfo& of, const Type& type) {
        std::size_t sent = 0;
        const auto& transitions = of.states[type.state].transitions;
        for (const TransitionInfo& t : transitions)
            sent += of.messages[t.message].out == type.exporter;
        if (sent == 0) return "";
        return sent < transitions.size() ? ", and the only one"
                                         : ", while nothing can wait for it; something may here";
    }

    void fields(const std::vector<FieldSyntax>& from, std::vector<FieldInfo>& to, bool exchange) {
        for (const FieldSyntax& f : from) {
            for (const FieldInfo& other : to)
                if (other.name == f.name)
                    diagnostics_.error(f.place, fmt::format("field `{}` is declared twice", f.name),
                                       {{other.place, "the first time here"}});
            Type t = resolve_type(program_, diagnostics_, *f.syntax);
            std::string type = program_.type_name(t);
            if (t == TypeKind::Void) {
                diagnostics_.error(f.place, "a field cannot be void");
                t = kErrorType;
            } else if (exchange && t.owned() && !t.nullable) {
                diagnostics_.error(
                    f.place, fmt::format("an owned field of an exchange struct begins as null: "
                                         "expected a nullable type, found {}",
                                         type));
            } else if (exchange && !t.owned() && !t.integer() && t != TypeKind::Bool &&
                       !t.error()) {
                diagnostics_.error(f.place, fmt::format("an exchange struct cannot hold {}: only "
                                                        "integers, bool and owned values",
                                                        type));
                t = kErrorType;
            } else if (!exchange && t.owned()) {
                diagnostics_.error(
                    f.place, fmt::format("an object cannot hold the owned {} itself: put it in a "
                                         "TCell",
                                         type));
                t = kErrorType;
            } else if (!exchange && t.capability()) {
                diagnostics_.error(f.place, fmt::format("an object cannot hold {}; pass it as a "
                                                        "parameter",
                                                        type));
                t = kErrorType;
            }
            to.push_back({f.name, t, f.place});
        }
        if (to.size() > limits::kFields)
            diagnostics_.error(to.back().place,
                               fmt::format("more than {} fields", limits::kFields));
    }

    void class_members(std::size_t index) {
        ClassInfo& c = program_.classes[index];
        fields(c.syntax->fields, c.fields, false);
        if (c.interface && !c.fields.empty())
            diagnostics_.error(c.fields[0].place, "an interface has no fields");
        if (c.interface && !c.syntax->interfaces.empty())
            diagnostics_.error(c.syntax->interfaces[0].second, "interfaces do not extend others");
        for (const auto& [name, place] : c.syntax->interfaces) {
            const Symbol* s = program_.find(name);
            if (!s || s->kind != SymbolKind::Class || !program_.classes[s->index].interface)
                diagnostics_.error(
                    place,
                    fmt::format("there is no interface `{}` (classes do not inherit)", name));
            else if (program_.implements(static_cast<std::uint32_t>(index), s->index))
                diagnostics_.error(place, fmt::format("interface `{}` is named twice", name));
            else
                c.interfaces.push_back(s->index);
        }
        for (const FunctionSyntax& f : c.syntax->functions) {
            Function& function = c.interface ? program_.interface_methods.emplace_back()
                                             : program_.functions.emplace_back();
            signature(function, f, static_cast<int>(index));
            if (function.constructor && c.constructor)
                diagnostics_.error(f.place,
                                   fmt::format("class {} has a second constructor", c.name),
                                   {{c.constructor->place, "the first is here"}});
            if (function.constructor) {
                c.constructor = &function;
                continue;
            }
            for (const Function* other : c.methods)
                if (other->short_name == f.name)
                    diagnostics_.error(f.place,
                                       fmt::format("method `{}` is declared twice", f.name),
                                       {{other->place, "the first time here"}});
            for (const FieldInfo& other : c.fields)
                if (other.name == f.name)
                    diagnostics_.error(f.place, fmt::format("`{}` is a field and a method", f.name),
                                       {{other.place, "the field"}});
            c.methods.push_back(&function);
        }
    }

    void signature(Function& function, const FunctionSyntax& syntax, int owner) {
        function.syntax = &syntax;
        function.short_name = syntax.name;
        function.owner = owner;
        function.place = syntax.place;
        function.constructor = syntax.result == nullptr;
        function.name =
            owner < 0 ? syntax.name
                      : program_.classes[static_cast<std::size_t>(owner)].name + "." + syntax.name;
        if (syntax.result) function.result = resolve_type(program_, diagnostics_, *syntax.result);
        if (owner < 0 && !program_.main && syntax.name == "Main") program_.main = &function;
        for (const Parameter& p : syntax.parameters) {
            Type t = resolve_type(program_, diagnostics_, *p.syntax);
            if (t == TypeKind::Void) {
                diagnostics_.error(p.place, "a parameter cannot be void");
                t = kErrorType;
            }
            if (p.claims && !t.owned() && !t.error())
                diagnostics_.error(p.place,
                                   fmt::format("`[Claims]` is for owned values; {} is not one",
                                               program_.type_name(t)));
            for (const ParameterInfo& other : function.params)
                if (other.name == p.name)
                    diagnostics_.error(p.place,
                                       fmt::format("parameter `{}` is declared twice", p.name),
                                       {{other.place, "the first time here"}});
            bool claims = p.claims || (t.owned() && &function == program_.main);
            function.params.push_back({p.name, t, p.place, claims});
        }
        if (function.params.size() + 1 > limits::kParameters)
            diagnostics_.error(function.place,
                               fmt::format("more than {} parameters", limits::kParameters - 1));
    }

    void check_implements(const ClassInfo& c) {
        for (std::uint32_t i : c.interfaces)
            for (const Function* wanted : program_.classes[i].methods) {
                const Function* found = nullptr;
                for (const Function* m : c.methods)
                    if (m->short_name == wanted->short_name) found = m;
                if (!found) {
                    diagnostics_.error(
                        c.place,
                        fmt::format("class {} does not implement {}", c.name, wanted->name),
                        {{wanted->place, "declared here"}});
                    continue;
                }
                bool same = found->result == wanted->result &&
                            found->params.size() == wanted->params.size();
                for (std::size_t p = 0; same && p < found->params.size(); p++)
                    same = found->params[p].type == wanted->params[p].type &&
                           found->params[p].claims == wanted->params[p].claims;
                if (!same)
                    diagnostics_.error(
                        found->place,
                        fmt::format("{} has other parameters or another result than {}",
                                    found->name, wanted->name),
                        {{wanted->place, "declared here"}});
            }
    }

    Program& program_;
    Diagnostics& diagnostics_;
};

} // namespace

void declare(Program& program, Diagnostics& diagnostics) { Declarer(program, diagnostics).run(); }

} // namespace singlet::singc
