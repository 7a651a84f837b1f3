#include "user/singc/module_builder.hh"

#include <algorithm>

namespace singlet::singc {

using verifier::Kind;
using verifier::TypeIndex;

ModuleBuilder::ModuleBuilder(const Program& program, verifier::Environment environment)
    : program_(program), environment_(environment) {
    module_.types.assign(std::begin(verifier::kBuiltinTypes), std::end(verifier::kBuiltinTypes));
}

TypeIndex ModuleBuilder::enter(const verifier::Type& type) {
    auto it = std::find(module_.types.begin(), module_.types.end(), type);
    if (it == module_.types.end()) it = module_.types.insert(it, type);
    return static_cast<TypeIndex>(it - module_.types.begin());
}

verifier::Type ModuleBuilder::plain(const Type& t) {
    verifier::Type v{.nullable = t.nullable};
    auto index = static_cast<std::uint16_t>(t.index);
    switch (t.kind) {
    case TypeKind::Void:
        v.kind = Kind::Void;
        break;
    case TypeKind::Bool:
    case TypeKind::Byte:
    case TypeKind::Int:
    case TypeKind::UInt:
        v.kind = Kind::I32;
        break;
    case TypeKind::Long:
        v.kind = Kind::I64;
        break;
    case TypeKind::String:
        v.kind = Kind::Str;
        break;
    case TypeKind::Array:
        v.kind = Kind::Array;
        break;
    case TypeKind::Object:
        v.kind = Kind::Ref;
        break;
    case TypeKind::Cell:
        v.kind = Kind::Cell;
        break;
    case TypeKind::Struct:
        v.kind = Kind::Own;
        break;
    case TypeKind::Vector:
        v.kind = Kind::Vec;
        break;
    case TypeKind::Endpoint:
        v.kind = Kind::Endpoint;
        break;
    case TypeKind::Any:
        v.kind = Kind::Any;
        break;
    case TypeKind::Set:
        v.kind = Kind::Set;
        break;
    case TypeKind::Ports:
        v.kind = Kind::Port;
        break;
    case TypeKind::Irq:
        v.kind = Kind::Irq;
        break;
    case TypeKind::Dma:
        v.kind = Kind::Dma;
        break;
    case TypeKind::Processes:
        v.kind = Kind::Processes;
        break;
    case TypeKind::Null:
    case TypeKind::Error:
        break;
    }
    if (t == TypeKind::Object || t == TypeKind::Struct || t == TypeKind::Endpoint) v.index = index;
    if (t == TypeKind::Array || t == TypeKind::Vector) v.index = storage(*t.element);
    if (t == TypeKind::Cell || t == TypeKind::Set) v.index = type(*t.element);
    if (t == TypeKind::Endpoint) {
        v.side = t.exporter ? verifier::Side::Exporter : verifier::Side::Importer;
        v.state = t.state;
    }
    return v;
}

TypeIndex ModuleBuilder::type(const Type& t, bool lent) {
    verifier::Type v = plain(t);
    if (lent && t.owned()) v.lent = 1;
    return enter(v);
}

TypeIndex ModuleBuilder::storage(const Type& t) {
    if (t == TypeKind::Bool || t == TypeKind::Byte) return verifier::kU8;
    return type(t.may_be_nullable() ? t.with_null(true) : t);
}

std::uint32_t ModuleBuilder::string(const std::string& bytes) {
    auto [it, fresh] = strings_.emplace(bytes, module_.strings.size());
    if (fresh) module_.strings.push_back(bytes);
    return it->second;
}

std::uint32_t ModuleBuilder::import(std::uint32_t kernel_call) {
    auto [it, fresh] = imports_.emplace(kernel_call, module_.imports.size());
    if (fresh)
        module_.imports.push_back({std::string(environment_.kernel_calls[kernel_call].name)});
    return it->second;
}

void ModuleBuilder::declarations(const std::vector<std::string>& files) {
    sources(files);
    contracts();
    for (const StructInfo& s : program_.structs) {
        verifier::Struct& to = module_.structs.emplace_back();
        to.name = s.name;
        for (const FieldInfo& f : s.fields)
            to.fields.push_back({f.name, storage(f.type)});
    }
    classes();
    for (const Function& f : program_.functions) {
        verifier::Function& to = module_.functions.emplace_back();
        to.name = f.name;
        to.source = source_of_file_[f.place.file];
        if (f.owner >= 0)
            to.params.push_back(
                type({.kind = TypeKind::Object, .index = static_cast<std::uint32_t>(f.owner)}));
        for (const ParameterInfo& p : f.params)
            to.params.push_back(type(p.type, !p.claims));
        to.result = type(f.result);
    }
    manifest();
}

// The first is the file with the `sip` block, whether or not it has functions.
void ModuleBuilder::sources(const std::vector<std::string>& files) {
    std::vector<bool> used(files.size());
    used[0] = true;
    for (const Function& f : program_.functions)
        used[f.place.file] = true;
    source_of_file_.resize(files.size());
    for (std::size_t i = 0; i < files.size(); i++) {
        if (!used[i]) continue;
        source_of_file_[i] = static_cast<std::uint16_t>(module_.sources.size());
        module_.sources.push_back(files[i]);
    }
}

void ModuleBuilder::classes() {
    for (const Function& f : program_.interface_methods) {
        verifier::Method& m = module_.methods.emplace_back();
        m.interface = static_cast<std::uint16_t>(f.owner);
        m.name = f.short_name;
        m.params.push_back(
            type({.kind = TypeKind::Object, .index = static_cast<std::uint32_t>(f.owner)}));
        for (const ParameterInfo& p : f.params)
            m.params.push_back(type(p.type, !p.claims));
        m.result = type(f.result);
    }
    for (const ClassInfo& c : program_.classes) {
        verifier::Class to;
        to.name = c.name;
        to.is_interface = c.interface;
        for (const FieldInfo& f : c.fields)
            to.fields.push_back({f.name, storage(f.type)});
        for (std::uint32_t i : c.interfaces) {
            to.interfaces.push_back(static_cast<std::uint16_t>(i));
            for (const Function* wanted : program_.classes[i].methods)
                for (const Function* m : c.methods)
                    if (m->short_name == wanted->short_name)
                        to.implementations.push_back({static_cast<std::uint16_t>(wanted->index),
                                                      static_cast<std::uint16_t>(m->index)});
        }
        module_.classes.push_back(std::move(to));
    }
}

void ModuleBuilder::contracts() {
    using verifier::Contract;
    for (const ContractInfo& c : program_.contracts) {
        Contract to;
        to.name = c.name;
        for (const MessageInfo& m : c.messages) {
            Contract::Message& message = to.messages.emplace_back();
            message.name = m.name;
            message.direction = m.out ? Contract::Direction::Out : Contract::Direction::In;
            for (const ParameterInfo& p : m.params)
                message.args.push_back(type(p.type));
        }
        for (const StateInfo& s : c.states) {
            Contract::State& state = to.states.emplace_back();
            state.name = s.name;
            for (const TransitionInfo& t : s.transitions)
                state.transitions.push_back({t.message, t.next});
        }
        module_.contracts.push_back(std::move(to));
    }
}

void ModuleBuilder::manifest() {
    using What = verifier::Resource::What;
    verifier::Manifest& m = module_.manifest;
    m.sip = program_.tree.sips[0]->name;
    m.entry = static_cast<std::uint16_t>(program_.main->index);
    m.memory_pages = static_cast<std::uint32_t>(program_.memory);
    m.exchange_pages = static_cast<std::uint32_t>(program_.exchange);
    for (const auto& r : program_.resources) {
        What what = r.type == TypeKind::Ports       ? What::Ports
                    : r.type == TypeKind::Irq       ? What::Irq
                    : r.type == TypeKind::Dma       ? What::Dma
                    : r.type == TypeKind::Processes ? What::Processes
                                                    : What::Endpoint;
        m.resources.push_back({r.syntax->name, what, type(r.type),
                               static_cast<std::uint32_t>(r.first),
                               static_cast<std::uint32_t>(r.count)});
    }
    for (std::uint32_t c : program_.exports)
        m.exports.push_back(static_cast<std::uint16_t>(c));
}

} // namespace singlet::singc
