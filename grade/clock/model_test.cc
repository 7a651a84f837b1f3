#include "grade/clock/report.hh"

#include <doctest/doctest.h>

using namespace singlet::clock;

namespace {
Params simple_processor() {
    Params p;
    p.l1i_kb = p.l1d_kb = p.l2_kb = 4;
    p.l1i_ways = p.l1d_ways = p.l2_ways = 2;
    p.itlb_entries = p.itlb_ways = p.dtlb_entries = p.dtlb_ways = 2;
    p.itlb_large = p.dtlb_large = 1;
    p.tlb2_entries = p.tlb2_ways = 4;
    p.predictor_bits = 8;
    p.l2_hit = 1000;
    p.memory = 10000;
    p.mispredict = 500;
    p.cost.fill(100);
    return p;
}
} // namespace

TEST_CASE("cycles go where they were spent, and add up") {
    Model model(simple_processor(), GuestMemory());
    model.counts[std::size_t(Class::Simple)] = 7;
    model.counts[std::size_t(Class::Interrupt)] = 2;
    model.deliveries = 5; // two by INT, three from outside
    model.fetch(0x1000);
    model.fetch(0x1004);
    model.access(0x203e, 4); // two lines
    model.access(0x2040, 4);
    model.branch(0x1000, true);
    const Totals t = totals(model);
    const auto part = [&](Category c) { return t.by_category[std::size_t(c)]; };
    CHECK(part(Category::Instructions) == 700);
    CHECK(part(Category::Traps) == 500);
    CHECK(part(Category::FetchCache) == 10000);
    CHECK(part(Category::DataCache) == 20000);
    CHECK(part(Category::Branches) == 500);
    CHECK(part(Category::Tlb) == 0);
    CHECK(t.total == 31700);
    CHECK(t.instructions == 9);
    CHECK(t.counts[std::size_t(Class::Delivery)] == 3);
    CHECK(model.data.accesses == 3);
    CHECK(record(5, model).starts_with("{\"mark\": 5, \"cycles\": 317, \"instructions\": 9, "));
}

TEST_CASE("a record of instructions says where they were executed, if that was counted") {
    CHECK(record(7, 12, {}) == "{\"mark\": 7, \"cycles\": 12, \"instructions\": 12}\n");
    CHECK(record(7, 12, {{16, 5}, {18, 0}, {20, 7}}) ==
          "{\"mark\": 7, \"cycles\": 12, \"instructions\": 12, \"executed\": {\"16\": 5, \"20\": "
          "7}}\n");
}

TEST_CASE("a branch costs its class only when it is taken") {
    Model model(simple_processor(), GuestMemory());
    model.counts[std::size_t(Class::Branch)] = 3;
    for (const bool taken : {false, false, true})
        model.branch(0x1000, taken);
    CHECK(totals(model).counts[std::size_t(Class::Branch)] == 1);
    CHECK(totals(model).counts[std::size_t(Class::Simple)] == 2);
}
