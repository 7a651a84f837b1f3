#include "grade/clock/tlb.hh"

#include "grade/clock/walk.hh"

#include <doctest/doctest.h>
#include <vector>

using namespace singlet::clock;

namespace {
Tlb small() { return Tlb(2, 2, 1, 8, 4); }
constexpr Translation page(std::uint32_t base, bool global = false) {
    return {base, false, global};
}
} // namespace

TEST_CASE("a page is found in the first level, then in the second, then nowhere") {
    Tlb tlb = small();
    CHECK(tlb.find(0x1000).where == Tlb::Found::Nowhere);
    tlb.insert(0x1000, page(0x9000));
    CHECK(tlb.find(0x1abc).where == Tlb::Found::First);
    CHECK(tlb.find(0x1abc).translation.physical(0x1abc) == 0x9abc);
    tlb.insert(0x2000, page(0x2000));
    tlb.insert(0x3000, page(0x3000));
    CHECK(tlb.find(0x1abc).where == Tlb::Found::Second);
    CHECK(tlb.find(0x1abc).where == Tlb::Found::First);
}

TEST_CASE("a new CR3 keeps global pages, a change of CR4 keeps nothing") {
    Tlb tlb = small();
    tlb.insert(0x1000, page(0x1000));
    tlb.insert(0x2000, page(0x2000, true));
    tlb.flush();
    CHECK(tlb.find(0x1000).where == Tlb::Found::Nowhere);
    CHECK(tlb.find(0x2000).where == Tlb::Found::First);
    tlb.flush_all();
    CHECK(tlb.find(0x2000).where == Tlb::Found::Nowhere);
}

TEST_CASE("INVLPG forgets one page in every level, global or large") {
    Tlb tlb = small();
    tlb.insert(0x1000, page(0x1000, true));
    tlb.insert(0x2000, page(0x2000));
    tlb.insert(0x00400000, {0x00400000, true, true});
    tlb.invalidate(0x1fff);
    tlb.invalidate(0x00612345);
    CHECK(tlb.find(0x1000).where == Tlb::Found::Nowhere);
    CHECK(tlb.find(0x2000).where == Tlb::Found::First);
    CHECK(tlb.find(0x00400000).where == Tlb::Found::Nowhere);
}

TEST_CASE("a large page answers for all of its 4 MB") {
    Tlb tlb = small();
    tlb.insert(0x00400000, {0x00c00000, true, false});
    CHECK(tlb.find(0x007ffffc).translation.physical(0x007ffffc) == 0x00fffffc);
}

TEST_CASE("a walk reads what the tables say") {
    std::vector<std::uint8_t> bytes(0x4000);
    GuestMemory memory(bytes.data(), bytes.size());
    const auto put = [&](std::uint32_t at, std::uint32_t value) {
        std::memcpy(&bytes[at], &value, 4);
    };
    put(0x1000 + 4 * 1, 0x2003);             // PDE 1 -> table at 0x2000
    put(0x2000 + 4 * 3, 0x00abc103);         // PTE 3, global
    put(0x1000 + 4 * 2, 0x00800000 | 0x083); // PDE 2: a 4 MB page

    const Walk small = walk(memory, 0x1000, 0x00403456);
    CHECK(small.present);
    CHECK(small.steps == 2);
    CHECK(small.reads[0] == 0x1004);
    CHECK(small.reads[1] == 0x200c);
    CHECK(small.translation.physical(0x00403456) == 0x00abc456);
    CHECK(small.translation.global);

    const Walk large = walk(memory, 0x1000, 0x00812345);
    CHECK(large.present);
    CHECK(large.steps == 1);
    CHECK(large.translation.physical(0x00812345) == 0x00812345);

    CHECK_FALSE(walk(memory, 0x1000, 0x00402000).present); // PTE 2 is empty
    CHECK_FALSE(walk(memory, 0x1000, 0xfff00000).present); // so is its PDE
    CHECK_FALSE(walk(memory, 0xfffff000, 0).present);      // tables outside of memory
}
