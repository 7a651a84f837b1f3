#include "grade/clock/decode.hh"

#include <doctest/doctest.h>
#include <vector>

using namespace singlet::clock;

namespace {
Decoded of(std::vector<std::uint8_t> bytes) { return decode(bytes); }
} // namespace

TEST_CASE("an instruction's class follows from its bytes") {
    struct Case {
        std::vector<std::uint8_t> bytes;
        Class expected;
    };
    const Case cases[] = {
        {{0x90}, Class::Simple},
        {{0x89, 0xc3}, Class::Simple},
        {{0xcd, 0x80}, Class::Interrupt},
        {{0xcc}, Class::Interrupt},
        {{0xcf}, Class::InterruptReturn},
        {{0x66, 0xcf}, Class::InterruptReturn},
        {{0x0f, 0x34}, Class::SysEnter},
        {{0x0f, 0x35}, Class::SysExit},
        {{0x0f, 0x22, 0xd8}, Class::LoadCr3},
        {{0x0f, 0x22, 0xc0}, Class::LoadCr0},
        {{0x0f, 0x22, 0xe0}, Class::LoadCr0}, // CR4
        {{0x0f, 0x20, 0xd8}, Class::System},  // mov %cr3, %eax
        {{0x0f, 0x01, 0x38}, Class::InvalidatePage},
        {{0x0f, 0x01, 0xf8}, Class::System}, // swapgs is not invlpg
        {{0x0f, 0x01, 0x15, 0, 0, 0, 0}, Class::LoadTable},
        {{0x0f, 0x00, 0xd8}, Class::TaskRegister},
        {{0x8e, 0xd8}, Class::Segment},
        {{0x2e, 0x66, 0x8e, 0xd8}, Class::Segment},
        {{0x1f}, Class::Segment},
        {{0xe4, 0x60}, Class::PortIo},
        {{0xee}, Class::PortIo},
        {{0xf0, 0x0f, 0xb1, 0x0b}, Class::Locked},
        {{0x87, 0x03}, Class::Locked},
        {{0x87, 0xd8}, Class::Simple},
        {{0xf7, 0xf3}, Class::Divide},
        {{0xf7, 0xe3}, Class::Multiply},
        {{0xf7, 0xdb}, Class::Simple},
        {{0x0f, 0xaf, 0xc3}, Class::Multiply},
        {{0x0f, 0xbc, 0xc3}, Class::BitScan},
        {{0xff, 0xd0}, Class::Branch},
        {{0xff, 0x28}, Class::Far},
        {{0xff, 0x30}, Class::Simple}, // push mem
        {{0x0f, 0x31}, Class::ReadCounter},
        {{0xa5}, Class::String},
        {{0xf3, 0xa5}, Class::RepStep},
        {{0x9d}, Class::PopFlags},
        {{0x60}, Class::PushAll},
    };
    for (const Case& c : cases) {
        CAPTURE(c.bytes[0]);
        CHECK(decode(c.bytes).kind == c.expected);
    }
}

TEST_CASE("conditional branches and repeats are told apart") {
    CHECK(of({0x74, 0x05}).conditional);
    CHECK(of({0x0f, 0x84, 0, 0, 0, 0}).conditional);
    CHECK(of({0xe2, 0xfe}).conditional);
    CHECK_FALSE(of({0xeb, 0x05}).conditional);
    CHECK(of({0xf3, 0x66, 0x6d}).repeated);
    CHECK_FALSE(of({0x66, 0x6d}).repeated);
    CHECK_FALSE(of({0xf3, 0x90}).repeated); // pause
}

TEST_CASE("a mark is the long nop with the magic number, and nothing else") {
    CHECK(of({0x0f, 0x1f, 0x80, 0x02, 0x01, 0x4d, 0x53}).mark == 0x102);
    CHECK_FALSE(of({0x0f, 0x1f, 0x80, 0, 0, 0, 0}).mark);
    CHECK_FALSE(of({0x0f, 0x1f, 0x81, 0x02, 0x01, 0x4d, 0x53}).mark);
    CHECK_FALSE(of({0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0}).mark);
}

TEST_CASE("bytes that end too early are no crash") {
    CHECK(of({}) == Decoded{});
    CHECK(of({0xf0}).kind == Class::Locked);
    CHECK(of({0x0f}).kind != Class::InvalidatePage);
    CHECK(of({0xf3}) == Decoded{});
}
