#include "verifier/configurations.hh"

#include <doctest/doctest.h>

#include "verifier/limits.hh"

using namespace singlet::verifier;

namespace {

Configuration numbered(std::uint32_t n) {
    Configuration c;
    c.state[0] = static_cast<std::uint16_t>(n % 256);
    c.state[1] = static_cast<std::uint16_t>(n / 256 % 256);
    c.queue[0].assign(n / 65536, 'm');
    return c;
}

} // namespace

TEST_CASE("configurations: each is kept once, with the first way to it") {
    Configurations seen;
    CHECK(seen.add(numbered(0), 0, {}));
    CHECK(seen.add(numbered(7), 0, {Side::Importer, true, 1}));
    CHECK(seen.add(numbered(9), 1, {Side::Exporter, true, 2}));
    CHECK(seen.add(numbered(9), 0, {Side::Importer, true, 3}));
    REQUIRE(seen.size() == 3);
    CHECK(seen.parent(2) == 1);
    CHECK(seen.step(2).message == 2);
    CHECK(seen[2].state[0] == 9);
}

TEST_CASE("configurations: their number is limited") {
    Configurations seen;
    for (std::uint32_t n = 0; n < limits::kConfigurations; ++n)
        REQUIRE(seen.add(numbered(n), 0, {}));
    CHECK_FALSE(seen.add(numbered(limits::kConfigurations), 0, {}));
    CHECK(seen.add(numbered(1), 0, {})); // known already
    CHECK(seen.size() == limits::kConfigurations);
}

TEST_CASE("configurations: their bytes are limited") {
    Configurations seen;
    Configuration c;
    c.queue[0].assign(limits::kQueue, 'm');
    std::uint32_t added = 0;
    for (; added < limits::kConfigurations; ++added) {
        c.state[0] = static_cast<std::uint16_t>(added % 256);
        c.state[1] = static_cast<std::uint16_t>(added / 256);
        if (!seen.add(c, 0, {})) break;
    }
    CHECK(added == limits::kConfigurationBytes / (limits::kQueue + 6));
    CHECK(seen.size() == added);
}
