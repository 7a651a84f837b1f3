// type.table. The builtin types at its head and the unused parts of each entry are check_bounds' business.
#include <algorithm>
#include <bit>

#include "lib/core/try.hh"
// <since lab6>
#include "verifier/contracts.hh"
// </since>
#include "verifier/limits.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

bool is_scalar(Kind kind) {
    return kind == Kind::U8 || kind == Kind::U16 || kind == Kind::I32 || kind == Kind::I64;
}

bool has_inner(Kind kind) {
    return kind == Kind::Array || kind == Kind::Cell || kind == Kind::Vec || kind == Kind::Set;
}

std::unexpected<Diagnosis> refuse_type(const Module& module, std::size_t number, Rule rule,
                                       std::string reason) {
    return refuse(rule, "type " + number_text(number) + ", " +
                            type_text(module, static_cast<TypeIndex>(number)) + ", " + reason);
}

// Each inner type stands before its outer type; `depth` has the depths of all entries before `number`.
Result check_nesting(const Module& module, std::size_t number, std::vector<std::uint8_t>& depth) {
    const Type& type = module.types[number];
    if (!has_inner(type.kind)) return {};
    if (type.index >= number)
        return refuse(Rule::TypeTable, "type " + number_text(number) +
                                           " must stand behind its inner type, which is number " +
                                           number_text(type.index));
    depth[number] = depth[type.index] + 1;
    if (depth[number] > limits::kTypeDepth)
        return refuse(Rule::Limit, "type " + number_text(number) +
                                       " must not be nested deeper than " +
                                       number_text(limits::kTypeDepth));
    return {};
}

// Elements of arrays and vectors begin as zero, so those that point must be nullable. Cells and sets know emptiness apart
// from their elements.
Result check_element(const Module& module, std::size_t number) {
    const Type& type = module.types[number];
    if (!has_inner(type.kind)) return {};
    const Type& inner = module.types[type.index];
    auto wants = [&](Rule rule, const char* what) {
        return refuse_type(module, number, rule,
                           std::string("must have ") + what + " inside, but has " +
                               type_text(module, inner));
    };
    switch (type.kind) {
    case Kind::Array:
        if (is_scalar(inner.kind) || (is_collected(inner.kind) && inner.nullable)) return {};
        return wants(Rule::Layout, "integers or nullable collected references");
    // <since lab5>
    case Kind::Vec:
        if (is_scalar(inner.kind)) return {};
        return wants(Rule::Layout, "integers");
    case Kind::Cell:
        if (is_owned(inner) && !inner.nullable) return {};
        return wants(Rule::Layout, "an owned exchange type that is not nullable");
    // </since>
    // <since lab6>
    case Kind::Set:
        if (inner.kind != Kind::Endpoint || !is_owned(inner) || inner.nullable)
            return wants(Rule::Layout, "owned endpoints that are not nullable");
        if (!receives_next(module, inner))
            return wants(Rule::TypeTable, "endpoints that receive next");
        return {};
    // </since>
    default:
        return {};
    }
}

// <since lab6>
Result check_entry(const Module& module, std::size_t number) {
    const Type& type = module.types[number];
    if (type.kind == Kind::Endpoint && type.state == kClosedState)
        return refuse_type(module, number, Rule::TypeTable,
                           "must name a state of its contract, not the closed one");
    const bool tracked = type.kind == Kind::Endpoint || type.kind == Kind::Set;
    if (tracked && type.lent && type.nullable)
        return refuse_type(
            module, number, Rule::TypeTable,
            "must not be nullable: what is borrowed is given back, and null cannot be");
    return {};
}
// </since>

// Sorted by value, equal types are neighbours.
Result check_unique(const Module& module) {
    std::vector<std::uint64_t> keys;
    keys.reserve(module.types.size());
    for (const Type& type : module.types)
        keys.push_back(std::bit_cast<std::uint64_t>(type));
    std::sort(keys.begin(), keys.end());
    const auto twin = std::adjacent_find(keys.begin(), keys.end());
    if (twin == keys.end()) return {};
    return refuse(Rule::TypeTable, "each type must stand once in the type table, but " +
                                       type_text(module, std::bit_cast<Type>(*twin)) +
                                       " stands there twice");
}

} // namespace

Result check_type_table(const Module& module) {
    std::vector<std::uint8_t> depth(module.types.size());
    for (std::size_t i = 0; i < module.types.size(); ++i) {
        // <since lab6>
        TRY(check_entry(module, i));
        // </since>
        TRY(check_nesting(module, i, depth));
        TRY(check_element(module, i));
    }
    return check_unique(module);
}

Type register_type(const Module& module, TypeIndex index) {
    Type type = module.types[index];
    if (type.kind == Kind::U8 || type.kind == Kind::U16) type.kind = Kind::I32;
    return type;
}

} // namespace singlet::verifier
