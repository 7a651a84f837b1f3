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
    Meter meter(limits::kContractWork);
    CHECK(seen.add(numbered(0), 0, {}, meter));
    CHECK(seen.add(numbered(7), 0, {Side::Importer, true, 1}, meter));
    CHECK(seen.add(numbered(9), 1, {Side::Exporter, true, 2}, meter));
    CHECK(seen.add(numbered(9), 0, {Side::Importer, true, 3}, meter));
    REQUIRE(seen.size() == 3);
    CHECK(seen.parent(2) == 1);
    CHECK(seen.step(2).message == 2);
    CHECK(seen[2].state[0] == 9);
}

TEST_CASE("configurations: their number is limited") {
    Configurations seen;
    Meter meter(limits::kContractWork);
    for (std::uint32_t n = 0; n < limits::kConfigurations; ++n)
        REQUIRE(seen.add(numbered(n), 0, {}, meter));
    CHECK_FALSE(seen.add(numbered(limits::kConfigurations), 0, {}, meter));
    CHECK(seen.add(numbered(1), 0, {}, meter)); // known already
    CHECK(seen.size() == limits::kConfigurations);
}

TEST_CASE("configurations: their bytes are limited") {
    Configurations seen;
    Meter meter(limits::kContractWork);
    Configuration c;
    c.queue[0].assign(limits::kQueue, 'm');
    std::uint32_t added = 0;
    for (; added < limits::kConfigurations; ++added) {
        c.state[0] = static_cast<std::uint16_t>(added % 256);
        c.state[1] = static_cast<std::uint16_t>(added / 256);
        if (!seen.add(c, 0, {}, meter)) break;
    }
    CHECK(added == limits::kConfigurationBytes / (limits::kQueue + 6));
    CHECK(seen.size() == added);
}

// FNV-1a, as configurations.cc has it: whoever writes a contract can do the same.
static std::uint32_t hash(const Configuration& c) {
    std::uint32_t h = 2166136261u;
    auto mix = [&](std::size_t byte) { h = (h ^ (byte & 0xff)) * 16777619u; };
    for (std::uint16_t state : c.state)
        mix(state);
    for (const std::string& queue : c.queue) {
        mix(queue.size());
        mix(queue.size() >> 8);
    }
    for (const std::string& queue : c.queue)
        for (char message : queue)
            mix(static_cast<unsigned char>(message));
    return h ^ h >> 15;
}

TEST_CASE("configurations: those that are compared with one count as work") {
    Configurations seen;
    Meter meter(limits::kContractWork);
    const std::uint32_t hash_of_all = hash(numbered(0)) % 1024;
    for (std::uint32_t n = 0; seen.size() < 500; ++n)
        if (hash(numbered(n)) % 1024 == hash_of_all) REQUIRE(seen.add(numbered(n), 0, {}, meter));
    CHECK(meter.spent() == 500 * 499 / 2);

    Meter little(499), enough(500);
    CHECK_FALSE(seen.add(numbered(0), 0, {}, little)); // the first, and the last that is looked at
    CHECK(seen.add(numbered(0), 0, {}, enough));
    CHECK(seen.size() == 500);
}
