// check_bounds(): what can be said of a module without types or control flow.
#include <string>

#include "lib/core/try.hh"
#include "verifier/decode_bounds.hh"

namespace singlet::verifier {

bool valid_name(std::string_view name) {
    auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
    };
    if (name.empty() || name.size() > limits::kNameBytes || !letter(name[0])) return false;
    for (std::size_t i = 1; i < name.size(); i++) {
        bool dot = name[i] == '.' && i + 1 < name.size() && letter(name[i + 1]);
        if (!letter(name[i]) && !(name[i] >= '0' && name[i] <= '9') && !dot) return false;
    }
    return true;
}

namespace bounds {

Result check_signature(const Module& m, std::string_view name, const std::vector<TypeIndex>& params,
                       TypeIndex result) {
    TRY(at_most(params.size(), limits::kParameters, "parameters", name));
    for (TypeIndex t : params)
        TRY(exists(t, m.types.size(), "types", name));
    return exists(result, m.types.size(), "types", name);
}

namespace {

// A type's unused parts are zero, so that equal types are equal values.
Result check_type(const Module& m, const Type& t) {
    const Kind k = t.kind;
    if (k > Kind::Set && k != Kind::Port && k != Kind::Irq && k != Kind::Dma &&
        k != Kind::Processes)
        return refuse(Rule::TypeTable, "a type of kind " + std::to_string(static_cast<int>(k)) +
                                           " cannot stand in the type table");
    if (k == Kind::Null) return refuse(Rule::TypeTable, "null cannot stand in the type table");
    if (t.nullable && !is_collected(k) && !is_linear(k))
        return refuse(Rule::TypeTable, "a type without null is marked nullable");
    if (t.lent > 1 || (t.lent && !is_linear(k)))
        return refuse(Rule::TypeTable, "a type that cannot be lent is marked lent");
    if (k == Kind::Endpoint) {
        if (t.side > Side::Exporter)
            return refuse(Rule::TypeTable, "an endpoint has a side that does not exist");
        TRY(exists(t.index, m.contracts.size(), "contracts", "an endpoint type"));
        if (t.state == kClosedState) return {};
        return exists(t.state, m.contracts[t.index].states.size(), "contract's states",
                      "an endpoint type");
    }
    if (t.state || t.side != Side::Importer)
        return refuse(Rule::TypeTable, "a type other than an endpoint has a side or state");
    switch (k) {
    case Kind::Ref:
        return exists(t.index, m.classes.size(), "classes", "a reference type");
    case Kind::Own:
        return exists(t.index, m.structs.size(), "structs", "an exchange type");
    case Kind::Array:
    case Kind::Cell:
    case Kind::Vec:
    case Kind::Set:
        return exists(t.index, m.types.size(), "types", "a type");
    default:
        if (t.index) return refuse(Rule::TypeTable, "a type's unused index is not zero");
        return {};
    }
}

Result check_types(const Module& m) {
    TRY(at_most(m.types.size(), limits::kTypes, "types"));
    for (std::size_t i = 0; i < kFirstOwnType; i++)
        if (i >= m.types.size() || m.types[i] != kBuiltinTypes[i])
            return refuse(Rule::TypeTable, "the type table does not begin with the built-in types");
    for (const Type& t : m.types)
        TRY(check_type(m, t));
    return {};
}

Result check_fields(const Module& m, std::string_view name, const std::vector<Field>& fields) {
    TRY(at_most(fields.size(), limits::kFields, "fields", name));
    for (const Field& f : fields) {
        TRY(named(f.name, "field"));
        TRY(exists(f.type, m.types.size(), "types", f.name));
    }
    return {};
}

Result check_classes(const Module& m) {
    TRY(at_most(m.classes.size(), limits::kClasses, "classes"));
    for (const Class& c : m.classes) {
        TRY(named(c.name, "class"));
        TRY(check_fields(m, c.name, c.fields));
        TRY(at_most(c.interfaces.size(), limits::kClasses, "interfaces", c.name));
        for (auto i : c.interfaces)
            TRY(exists(i, m.classes.size(), "classes", c.name));
        TRY(at_most(c.implementations.size(), limits::kMethods, "implementations", c.name));
        for (const auto& i : c.implementations) {
            TRY(exists(i.method, m.methods.size(), "methods", c.name));
            TRY(exists(i.function, m.functions.size(), "functions", c.name));
        }
    }
    TRY(at_most(m.methods.size(), limits::kMethods, "methods"));
    for (const Method& method : m.methods) {
        TRY(named(method.name, "method"));
        TRY(exists(method.interface, m.classes.size(), "classes", method.name));
        TRY(check_signature(m, method.name, method.params, method.result));
    }
    TRY(at_most(m.structs.size(), limits::kStructs, "structs"));
    for (const Struct& s : m.structs) {
        TRY(named(s.name, "struct"));
        TRY(check_fields(m, s.name, s.fields));
    }
    return {};
}

Result check_contract(const Module& m, const Contract& c) {
    TRY(named(c.name, "contract"));
    TRY(at_most(c.messages.size(), limits::kMessages, "messages", c.name));
    for (const auto& message : c.messages) {
        TRY(named(message.name, "message"));
        if (message.direction > Contract::Direction::Out)
            return refuse(Rule::Format, message.name + " has a direction that does not exist");
        TRY(at_most(message.args.size(), limits::kMessageArguments, "arguments", message.name));
        for (TypeIndex t : message.args)
            TRY(exists(t, m.types.size(), "types", message.name));
    }
    TRY(at_most(c.states.size(), limits::kStates, "states", c.name));
    TRY(exists(0, c.states.size(), "states", c.name));
    for (const auto& state : c.states) {
        if (!state.name.empty()) TRY(named(state.name, "state"));
        TRY(at_most(state.transitions.size(), limits::kMessages, "transitions", c.name));
        for (const auto& t : state.transitions) {
            TRY(exists(t.message, c.messages.size(), "messages", c.name));
            TRY(exists(t.next, c.states.size(), "states", c.name));
        }
    }
    return {};
}

Result check_sources(const Module& m) {
    TRY(at_most(m.sources.size(), limits::kSources, "sources"));
    for (const std::string& name : m.sources) {
        if (name.empty()) return refuse(Rule::Format, "a source has no name");
        TRY(at_most(name.size(), limits::kNameBytes, "bytes", "a source's name"));
        for (char c : name)
            if (c < 0x20 || c > 0x7e)
                return refuse(Rule::Format,
                              "a source's name has a character that is not printable");
    }
    for (const Function& f : m.functions)
        if (f.source != 0 || !m.sources.empty())
            TRY(exists(f.source, m.sources.size(), "sources", f.name));
    return {};
}

Result check_manifest(const Module& m) {
    const Manifest& manifest = m.manifest;
    TRY(named(manifest.sip, "SIP"));
    TRY(exists(manifest.entry, m.functions.size(), "functions", "the manifest"));
    TRY(at_most(manifest.resources.size(), limits::kResources, "resources", "the manifest"));
    for (const Resource& r : manifest.resources) {
        TRY(named(r.name, "resource"));
        if (r.what > Resource::What::Processes)
            return refuse(Rule::Format, r.name + " is of a kind of resource that does not exist");
        if (r.what == Resource::What::Endpoint && (r.first || r.count))
            return refuse(Rule::Format, r.name + " is an endpoint and has numbers");
        if (r.what == Resource::What::Processes && (r.first || r.count))
            return refuse(Rule::Format, r.name + " is the power over processes and has numbers");
        TRY(exists(r.type, m.types.size(), "types", r.name));
    }
    TRY(at_most(manifest.exports.size(), limits::kContracts, "exports", "the manifest"));
    for (auto e : manifest.exports)
        TRY(exists(e, m.contracts.size(), "contracts", "the manifest's export"));
    return {};
}

} // namespace
} // namespace bounds

Checked<void> check_bounds(const Module& m) {
    using namespace bounds;
    TRY(at_most(m.strings.size(), limits::kStrings, "strings"));
    for (const std::string& s : m.strings)
        TRY(at_most(s.size(), limits::kStringBytes, "bytes", "a string"));
    TRY(at_most(m.contracts.size(), limits::kContracts, "contracts"));
    TRY(check_types(m));
    TRY(check_classes(m));
    for (const Contract& c : m.contracts)
        TRY(check_contract(m, c));
    TRY(at_most(m.imports.size(), limits::kImports, "imports"));
    for (const Import& i : m.imports)
        TRY(named(i.name, "import"));
    TRY(at_most(m.functions.size(), limits::kFunctions, "functions"));
    TRY(check_sources(m));
    TRY(check_manifest(m));
    std::size_t instructions = 0;
    for (std::size_t i = 0; i < m.functions.size(); i++) {
        instructions += m.functions[i].code.size();
        TRY(at_most(instructions, limits::kInstructions, "instructions"));
        TRY(check_code(m, i));
    }
    return {};
}

Checked<BoundedModule> BoundedModule::create(Module module) {
    TRY(check_bounds(module));
    return BoundedModule(std::move(module));
}

} // namespace singlet::verifier
