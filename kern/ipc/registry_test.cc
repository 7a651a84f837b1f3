#include "kern/ipc/registry.hh"

#include <doctest/doctest.h>

namespace singlet::kern::test {

namespace {

verifier::Module declaring(std::string name) {
    verifier::Module module;
    module.structs.push_back({.name = std::move(name), .fields = {}});
    return module;
}

} // namespace

TEST_CASE("declarations that read alike are one") {
    TypeRegistry registry;
    const ExchangeType* type = registry.exchange_type(declaring("Node"), 0);
    CHECK(registry.exchange_type(declaring("Node"), 0) == type);
    CHECK(registry.exchange_type(declaring("Tree"), 0) != type);
    CHECK(registry.knows_type(type));
    const ExchangeType other{};
    CHECK(!registry.knows_type(&other));
}

TEST_CASE("what is kept of all declarations together is bounded") {
    TypeRegistry registry;
    const std::string rest(1 << 20, 'x');
    std::uint32_t kept = 0;
    for (char first = 'A'; registry.has_room_for(declaring(first + rest)); first++) {
        registry.exchange_type(declaring(first + rest), 0);
        registry.exchange_type(declaring(first + rest), 0); // is known, and takes nothing
        kept++;
    }
    CHECK(kept == TypeRegistry::kMostKept / rest.size() - 1); // each is a little longer than that
    CHECK(registry.has_room_for(declaring("small")));
}

} // namespace singlet::kern::test
