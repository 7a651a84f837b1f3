#include "grade/clock/cache.hh"

#include <doctest/doctest.h>

using namespace singlet::clock;

TEST_CASE("a table drops what was used least recently") {
    LruTable<int> table(1, 3);
    CHECK_FALSE(table.insert(1, 10));
    CHECK_FALSE(table.insert(2, 20));
    CHECK_FALSE(table.insert(3, 30));
    REQUIRE(table.find(1));
    CHECK(*table.find(1) == 10);
    CHECK(table.insert(4, 40) == 2);
    CHECK_FALSE(table.find(2));
    CHECK(table.insert(5, 50) == 3);
}

TEST_CASE("keys of different sets do not displace each other") {
    LruTable<int> table(4, 1);
    for (std::uint32_t key = 0; key < 4; ++key)
        CHECK_FALSE(table.insert(key, 0));
    CHECK(table.insert(5, 0) == 1);
    CHECK(table.find(0));
}

TEST_CASE("what is erased leaves room behind") {
    LruTable<int> table(1, 2);
    table.insert(1, 1);
    table.insert(2, 2);
    CHECK(table.erase(2));
    CHECK_FALSE(table.erase(2));
    CHECK_FALSE(table.insert(3, 3)); // 1 stays
    CHECK(table.find(1));
    table.erase_if([](int value) { return value == 1; });
    CHECK_FALSE(table.find(1));
    CHECK(table.find(3));
}

namespace {
Params two_ways_of_one_kilobyte(bool exclusive) {
    Params p;
    p.l1i_kb = p.l1d_kb = 1; // 16 lines: 8 sets
    p.l1i_ways = p.l1d_ways = 2;
    p.l2_kb = 4;
    p.l2_ways = 4;
    p.l2_exclusive = exclusive;
    return p;
}
} // namespace

TEST_CASE("a line that left the first level is found in the second") {
    for (const bool exclusive : {false, true}) {
        CAPTURE(exclusive);
        Caches caches(two_ways_of_one_kilobyte(exclusive));
        CacheCounts counts;
        const auto read = [&](std::uint32_t address) { return caches.data(address, counts); };
        CHECK(read(0) == Level::Memory);
        CHECK(read(60) == Level::First);
        CHECK(read(512) == Level::Memory); // the same set
        CHECK(read(1024) == Level::Memory);
        CHECK(read(0) == Level::Second); // had to leave
        CHECK(read(0) == Level::First);
        CHECK(counts.accesses == 6);
        CHECK(counts.second == 1);
        CHECK(counts.memory == 3);
    }
}

TEST_CASE("an exclusive second level shares a line between code and data only through itself") {
    Caches caches(two_ways_of_one_kilobyte(true));
    CacheCounts counts;
    CHECK(caches.data(0, counts) == Level::Memory);
    CHECK(caches.fetch(0, counts) == Level::Memory); // L1D has it, L2 does not
    Caches inclusive(two_ways_of_one_kilobyte(false));
    CHECK(inclusive.data(0, counts) == Level::Memory);
    CHECK(inclusive.fetch(0, counts) == Level::Second);
}

TEST_CASE("what a device wrote comes from memory again") {
    for (const bool exclusive : {false, true}) {
        Caches caches(two_ways_of_one_kilobyte(exclusive));
        CacheCounts counts;
        for (const std::uint32_t line : {0, 64, 128, 192})
            caches.data(line, counts);
        caches.drop(100, 30); // the end of line 64 and the start of line 128
        CHECK(caches.data(0, counts) == Level::First);
        CHECK(caches.data(64, counts) == Level::Memory);
        CHECK(caches.data(128, counts) == Level::Memory);
        CHECK(caches.data(192, counts) == Level::First);
        caches.drop(0, 0);
        CHECK(caches.data(0, counts) == Level::First);
    }
}
