// The conditions that rules are made of, and the sentences for when they fail.
#include <algorithm>

#include "lib/core/assert.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {

bool Transfer::refuse(Rule rule, std::string sentence) {
    diagnosis_ = diagnose(module_, number_, pc_, rule, std::move(sentence));
    diagnosis_->frame =
        frame_text(module_, *function_,
                   trace_ ? std::span<const Type>(trace_->types_before) : registers_, trace_);
    diagnosis_->places = std::move(places_);
    return false;
}

// As the assembler writes it: `add`, not `alui`.
std::string Transfer::name() const {
    const Instruction& i = function_->code[pc_];
    switch (i.op) {
    case Opcode::Alu:
        return std::string(kAluText[i.imm]);
    case Opcode::AluI:
        return std::string(kAluText[i.c]);
    case Opcode::AluL:
        return std::string(kAluText[i.imm]) + "l";
    case Opcode::CmpI:
        return "cmp";
    default:
        return std::string(opcode_text(i.op));
    }
}

void Transfer::mention(Origin origin) {
    if (trace_) add_places(module_, *function_, origin, *trace_, places_);
}

std::string Transfer::found(std::size_t r, std::string_view joint) {
    if (trace_) mention(trace_->origins[r]);
    return register_text(r) + std::string(joint) + found_text(module_, registers_[r], trace_, r);
}

bool Transfer::wrong(std::size_t r, std::string_view what) {
    const Kind kind = registers_[r].kind;
    const Rule rule = kind == Kind::Unset      ? Rule::UnsetUse
                      : kind == Kind::Conflict ? Rule::ConflictUse
                                               : Rule::Operand;
    return refuse(rule, name() + " needs " + std::string(what) + " in " + register_text(r) +
                            ", but " + found(r));
}

bool Transfer::wrong_object(std::size_t r, std::string_view what) {
    if (registers_[r].kind != Kind::Null) return wrong(r, what);
    return refuse(Rule::NullOperand, name() + " needs " + std::string(what) + " in " +
                                         register_text(r) + ", but " + found(r));
}

bool Transfer::of_kind(std::size_t r, Kind kind, const char* what) {
    return registers_[r].kind == kind || wrong_object(r, what);
}

bool Transfer::reference(std::size_t r) {
    return is_reference(registers_[r].kind) || wrong(r, "a reference");
}

bool Transfer::collected(std::size_t r) {
    const Kind kind = registers_[r].kind;
    return is_collected(kind) || kind == Kind::Null || wrong(r, "a collected reference");
}

bool Transfer::object(std::size_t r) {
    const Kind kind = registers_[r].kind;
    return kind == Kind::Ref || kind == Kind::Null || wrong(r, "an object");
}

bool Transfer::assignable(std::size_t r, Type slot) {
    const Type& value = registers_[r];
    if (fits(program_, value, slot)) return true;
    // <since lab5>
    if (value.lent && !slot.lent && same_thing(value, slot))
        return refuse(Rule::LentKept, name() + " needs a value that is owned in " +
                                          register_text(r) + ", but " + found(r) +
                                          ", and what is borrowed cannot be given away");
    // </since>
    return wrong(r, type_text(module_, slot));
}

bool Transfer::fields_of(std::size_t r, const std::vector<Field>*& fields) {
    const Type& type = registers_[r];
    if (type.kind == Kind::Ref && !module_.classes[type.index].is_interface)
        fields = &module_.classes[type.index].fields;
    // <since lab5>
    else if (type.kind == Kind::Own)
        fields = &module_.structs[type.index].fields;
    // </since>
    else
        return wrong_object(r, type.kind == Kind::Ref ? "an object of a class" : "an object");
    not_null(r);
    return true;
}

bool Transfer::field_of(std::size_t r, std::uint32_t number, Type& type) {
    const std::vector<Field>* fields = nullptr;
    if (!fields_of(r, fields)) return false;
    if (number >= fields->size())
        return refuse(Rule::Index, name() + " needs field " + number_text(number) +
                                       " of the object in " + register_text(r) + ", but " +
                                       found(r) + " and has " + number_text(fields->size()) +
                                       " fields");
    type = module_.types[(*fields)[number].type];
    return true;
}

bool Transfer::elements(std::size_t r, Type& element) {
    const Type& type = registers_[r];
    if (type.kind == Kind::Str)
        element = kBuiltinTypes[kU8];
    else if (type.kind == Kind::Array || type.kind == Kind::Vec)
        element = module_.types[type.index];
    else
        return wrong_object(r, "an array, string or vector");
    not_null(r);
    return true;
}

bool Transfer::writable_elements(std::size_t r, Type& element) {
    if (registers_[r].kind == Kind::Str)
        return refuse(Rule::ReadOnly, name() + " needs an array or vector to write to in " +
                                          register_text(r) + ", but " + found(r) +
                                          ", and strings are read-only");
    const Kind kind = registers_[r].kind;
    return kind == Kind::Array || kind == Kind::Vec ? elements(r, element)
                                                    : wrong_object(r, "an array or vector");
}

bool Transfer::bytes(std::size_t r) {
    const Type& type = registers_[r];
    const bool array = type.kind == Kind::Array || type.kind == Kind::Vec;
    if (type.kind != Kind::Str && !(array && type.index == kU8))
        return wrong_object(r, "a string, an array(u8) or a vec(u8)");
    not_null(r);
    return true;
}

bool Transfer::writable_bytes(std::size_t r) {
    if (registers_[r].kind == Kind::Str)
        return refuse(Rule::ReadOnly, name() + " needs an array(u8) or a vec(u8) to write to in " +
                                          register_text(r) + ", but " + found(r) +
                                          ", and strings are read-only");
    const Type& type = registers_[r];
    const bool array = type.kind == Kind::Array || type.kind == Kind::Vec;
    return array && type.index == kU8 ? bytes(r) : wrong_object(r, "an array(u8) or a vec(u8)");
}

bool Transfer::in_registers(std::size_t first, std::size_t count) {
    if (first + count <= registers_.size()) return true;
    return refuse(Rule::Index, name() + " needs " + number_text(count) + " registers from " +
                                   register_text(first) + " on, but the function has " +
                                   number_text(registers_.size()));
}

// The immediate names a type of the table that something new is made of.
bool Transfer::element_type(std::size_t number, Kind kind, const char* what, Type& result) {
    result = module_.types[number];
    if (result.kind != kind || result.lent)
        return refuse(Rule::Operand, name() + " needs the type of " + std::string(what) +
                                         ", but its type is " + type_text(module_, result));
    result.nullable = false;
    return true;
}

void Transfer::enter_function() {
    // <lab3:definite else std::ranges::fill(registers_, Type{.kind = Kind::I32});>
    std::ranges::fill(registers_, Type{});
    // </lab3:definite>
    if (trace_) trace_->origins.assign(registers_.size(), kNoOrigin);
    for (std::size_t p = 0; p < function_->params.size(); ++p) {
        Type type = register_type(module_, function_->params[p]);
        // <since lab6>
        const bool tracked = type.kind == Kind::Endpoint || type.kind == Kind::Set;
        if (type.lent && tracked) type.lent = static_cast<std::uint8_t>(1 + p);
        // </since>
        write(p, type);
        if (trace_) trace_->origins[p] = kParameter | static_cast<Origin>(p);
    }
}

} // namespace singlet::verifier
