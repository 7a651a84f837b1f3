// type.layout and type.signature: what may stand in a field, and what may be passed.
//
// A new object is all zero, so a field that points must be nullable.
// <since lab5>
// Collected references stay out of the exchange heap
// (the collector would not find them) and owned values stay out of collected objects (the collector would copy the
// obligation); cells are the one bridge. A struct may be sent, so an endpoint in it must be one that may be sent.
// </since>
#include "lib/core/try.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

bool is_scalar(Kind kind) {
    return kind == Kind::U8 || kind == Kind::U16 || kind == Kind::I32 || kind == Kind::I64;
}

Result check_class(const Module& module, const Class& c) {
    if (c.is_interface && !c.fields.empty())
        return refuse(Rule::Layout,
                      "interface " + c.name + " must not have fields, but has " + c.fields[0].name);
    for (const Field& field : c.fields) {
        const Type type = module.types[field.type];
        if (is_scalar(type.kind) || (is_collected(type.kind) && type.nullable)) continue;
        return refuse(Rule::Layout,
                      "field " + field.name + " of class " + c.name +
                          " must be an integer or a nullable collected reference, but is " +
                          type_text(module, type));
    }
    return {};
}

// <since lab5>
Result check_struct(const Module& module, const Struct& s) {
    for (const Field& field : s.fields) {
        const Type type = module.types[field.type];
        auto where = [&] { return "field " + field.name + " of struct " + s.name; };
        const bool linear = is_owned(type) && type.nullable && type.kind != Kind::Set;
        if (!is_scalar(type.kind) && !linear)
            return refuse(Rule::Layout,
                          where() +
                              " must be an integer or a nullable owned exchange value "
                              "other than a set, but is " +
                              type_text(module, type));
    }
    return {};
}
// </since>

bool passable(const Type& type) {
    // <since lab5 = if (type.kind > Kind::Array) return false; // there are no rules yet for more>
    // </since>
    return type.kind != Kind::Void && type.kind != Kind::U8 && type.kind != Kind::U16;
}

// `what` is "function" or "method".
Result check_signature(const Module& module, std::string_view what, const std::string& name,
                       const std::vector<TypeIndex>& params, TypeIndex result) {
    auto whose = [&] { return std::string(what) + " " + name; };
    for (std::size_t i = 0; i < params.size(); ++i)
        if (!passable(module.types[params[i]]))
            return refuse(Rule::Signature, "parameter " + number_text(i) + " of " + whose() +
                                               " must be a type that a register can hold, but is " +
                                               type_text(module, params[i]));
    const Type type = module.types[result];
    if (type.lent)
        return refuse(Rule::Signature, "the result of " + whose() +
                                           " must not be borrowed, but is " +
                                           type_text(module, type));
    if (type.kind != Kind::Void && !passable(type))
        return refuse(Rule::Signature,
                      "the result of " + whose() +
                          " must be void or a type that a register can hold, but is " +
                          type_text(module, type));
    return {};
}

} // namespace

Result check_layouts(const Module& module) {
    for (const Class& c : module.classes)
        TRY(check_class(module, c));
    // <since lab5>
    for (const Struct& s : module.structs)
        TRY(check_struct(module, s));
    // </since>
    return {};
}

Result check_signatures(const Module& module) {
    for (std::size_t n = 0; n < module.functions.size(); ++n) {
        const Function& f = module.functions[n];
        TRY(about(module, n, check_signature(module, "function", f.name, f.params, f.result)));
    }
    for (const Method& m : module.methods)
        TRY(check_signature(module, "method", m.name, m.params, m.result));
    return {};
}

} // namespace singlet::verifier
