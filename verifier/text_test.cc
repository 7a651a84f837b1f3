#include "verifier/text.hh"

#include <doctest/doctest.h>

namespace singlet::verifier {

TEST_CASE("types print in the syntax of .sasm") {
    Module m;
    m.types.assign(std::begin(kBuiltinTypes), std::end(kBuiltinTypes));
    m.structs.push_back({"Block", {}});
    m.classes.emplace_back().name = "SomeClass";
    m.contracts.push_back({"Disk", {}, {{"Ready", {}}, {"", {}}}});
    m.types.push_back({.kind = Kind::Own, .index = 0});
    const TypeIndex own = kFirstOwnType;

    CHECK(type_text(m, Type{.kind = Kind::I32}) == "i32");
    CHECK(type_text(m, Type{.kind = Kind::Ref, .nullable = true}) == "ref SomeClass?");
    CHECK(type_text(m, Type{.kind = Kind::Cell, .index = own}) == "cell(own Block)");
    CHECK(type_text(m, kLentVecU8) == "lent vec(u8)");
    CHECK(type_text(m, kBytesOrNull) == "array(u8)?");
    CHECK(type_text(m, Type{.kind = Kind::Endpoint}) == "Disk.Imp:Ready");
    CHECK(type_text(m, Type{.kind = Kind::Endpoint, .side = Side::Exporter, .state = 1}) ==
          "Disk.Exp:#1");
    CHECK(type_text(m, Type{.kind = Kind::Endpoint, .state = kClosedState}) == "Disk.Imp:closed");
}

TEST_CASE("a type table that is nonsense still prints") {
    Module m;
    m.types.push_back({.kind = Kind::Array, .index = 0});
    CHECK(type_text(m, TypeIndex{0}).starts_with("array(array("));
    CHECK(type_text(m, TypeIndex{9}) == "#9");
    CHECK(type_text(m, Type{.kind = Kind::Ref, .index = 3}) == "ref #3");
}

} // namespace singlet::verifier
