// The encoder: bytes against the manual, jumps against their distances.
#include "verifier/x86/assembler.hh"

#include <doctest/doctest.h>

using namespace singlet::verifier;
using namespace singlet::verifier::x86;

namespace {

template <class Emit>
std::vector<std::uint8_t> encoded(Emit emit) {
    Assembler as;
    emit(as);
    std::vector<std::uint8_t> code;
    std::vector<Relocation> relocations;
    as.finish(code, relocations);
    return code;
}

using Bytes = std::vector<std::uint8_t>;
Operand number(std::int32_t n) { return Operand::constant(n); }

} // namespace

// The bytes are the manual's [SDM2], looked up once with an assembler.
TEST_CASE("operands are encoded as the manual says") {
    CHECK(encoded([](auto& a) { a.mov(Reg::EAX, Reg::EBX); }) == Bytes{0x89, 0xd8});
    CHECK(encoded([](auto& a) { a.mov(Reg::ECX, Operand::memory(Reg::ESP, 0)); }) ==
          Bytes{0x8b, 0x0c, 0x24});
    CHECK(encoded([](auto& a) { a.mov(Reg::ECX, Operand::memory(Reg::EBP, 0)); }) ==
          Bytes{0x8b, 0x4d, 0x00});
    CHECK(encoded([](auto& a) { a.mov(Operand::memory(Reg::ESI, 128), Reg::EDI); }) ==
          Bytes{0x89, 0xbe, 0x80, 0, 0, 0});
    CHECK(encoded([](auto& a) { a.mov(Reg::EDX, Operand::memory(Reg::EBX, Reg::EBP, 2, 8)); }) ==
          Bytes{0x8b, 0x54, 0xab, 0x08});
    CHECK(encoded([](auto& a) { a.lea(Reg::EAX, Operand::memory(Reg::ESP, Reg::EDI, 3, -1)); }) ==
          Bytes{0x8d, 0x44, 0xfc, 0xff});
    CHECK(encoded([](auto& a) { a.mov(Operand::memory(Reg::ESP, 4), number(-2)); }) ==
          Bytes{0xc7, 0x44, 0x24, 0x04, 0xfe, 0xff, 0xff, 0xff});
}

TEST_CASE("arithmetic takes the short form of its constant") {
    CHECK(encoded([](auto& a) { a.alu(Op::Add, Reg::ESI, number(1)); }) == Bytes{0x46});
    CHECK(encoded([](auto& a) { a.alu(Op::Sub, Reg::ESI, number(1)); }) == Bytes{0x4e});
    CHECK(encoded([](auto& a) { a.alu(Op::Sub, Reg::ECX, number(-1)); }) == Bytes{0x41});
    CHECK(encoded([](auto& a) { a.alu(Op::Adc, Reg::EDX, number(1)); }) == Bytes{0x83, 0xd2, 0x01});
    CHECK(encoded([](auto& a) { a.alu(Op::And, Reg::EDX, number(-128)); }) ==
          Bytes{0x83, 0xe2, 0x80});
    CHECK(encoded([](auto& a) { a.alu(Op::Cmp, Reg::EAX, number(128)); }) ==
          Bytes{0x3d, 0x80, 0, 0, 0});
    CHECK(encoded([](auto& a) { a.alu(Op::Xor, Reg::EBX, number(128)); }) ==
          Bytes{0x81, 0xf3, 0x80, 0, 0, 0});
    CHECK(encoded([](auto& a) { a.shift(Shift::Sar, Reg::EDI, 31); }) == Bytes{0xc1, 0xff, 0x1f});
    CHECK(encoded([](auto& a) { a.imul(Reg::ECX, Reg::EDX, 100); }) == Bytes{0x6b, 0xca, 0x64});
    CHECK(encoded([](auto& a) {
              a.load_zero_extended(Reg::ESI, Operand::memory(Reg::EAX, 8), 1);
          }) == Bytes{0x0f, 0xb6, 0x70, 0x08});
    CHECK(encoded([](auto& a) { a.store(Operand::memory(Reg::EAX, 8), Reg::ECX, 2); }) ==
          Bytes{0x66, 0x89, 0x48, 0x08});
    CHECK(encoded([](auto& a) { a.set(Cc::L, Reg::EDX); }) == Bytes{0x0f, 0x9c, 0xc2});
}

TEST_CASE("a jump is short where its target is near, and offsets follow") {
    Assembler as;
    Label near = as.label(), far = as.label();
    as.jcc(Cc::E, near); // 2 bytes in the end
    as.jmp(far);         // 5
    as.bind(near);
    auto behind = as.here();
    for (int n = 0; n < 200; ++n)
        as.ret();
    as.bind(far);
    as.ret();
    Bytes code;
    std::vector<Relocation> relocations;
    as.finish(code, relocations);
    CHECK(code.size() == 2 + 5 + 201);
    CHECK(code[0] == 0x74);
    CHECK(code[1] == 5);
    CHECK(code[2] == 0xe9);
    CHECK(code[3] == 200);
    CHECK(as.moved(behind) == 7);
    CHECK(as.address(far) == 207);
}

TEST_CASE("a relocation moves with the code before it") {
    Assembler as;
    Label end = as.label();
    as.jmp(end);
    as.bind(end);
    as.call(Symbol{true, Relocation::What::Helper, 3});
    Bytes code{0x90}; // an image that has something already
    std::vector<Relocation> relocations;
    as.finish(code, relocations);
    REQUIRE(relocations.size() == 1);
    CHECK(relocations[0].offset == 4);
    CHECK(relocations[0].relative);
    CHECK(code[3] == 0xe8);
}
