// What a generated module has outside its code: classes and interfaces, structs, contracts, types, signatures. It makes
// sense as pass 2 of the verifier asks; the writers of the functions choose from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verifier/fuzz/choices.hh"
#include "verifier/module.hh"

namespace singlet::fuzz {

using namespace verifier;

class World {
public:
    explicit World(Choices& from);

    // The entry of the type table for the type, which is added if it is not there. Inner types are there already.
    TypeIndex intern(Type type);
    const Type& type(TypeIndex index) const { return module.types[index]; }

    bool implements(std::uint16_t cls, std::uint16_t interface) const;
    // A class of which an object fits where `cls`, a class or an interface, is asked for.
    std::optional<std::uint16_t> class_for(std::uint16_t cls);
    // May a value of type `value` stand where `slot` is declared?
    bool suits(const Type& value, const Type& slot) const;
    bool sends(const Type& endpoint) const;
    bool receives(const Type& endpoint) const;

    Type plain();    // an integer or a collected type, as a register holds it
    Type owned();    // an owned type, not null
    Type passable(); // what a parameter or a result may be; parameters are sometimes lent
    Type storable(); // a field of a class
    Type
    sendable(std::size_t
                 contracts); // what may go to another owner; endpoints of the first contracts only

    Choices& choices;
    Module module;
    std::vector<TypeIndex> arrays, vectors, cells, sets, endpoints;

    static constexpr std::int32_t kLeastLength = 8; // of nearly all arrays and vectors

private:
    void name_things();
    void fill_contract(Contract& contract, std::size_t number);
    void fill_types();
    void fill_classes();
    void fill_structs();
    void declare_functions();
    void declare_methods();
    std::vector<TypeIndex> signature(std::vector<TypeIndex> params);
};

} // namespace singlet::fuzz
