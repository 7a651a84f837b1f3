// What a refusal says around its sentence.
#include "verifier/message.hh"

#include <algorithm>

#include <doctest/doctest.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/verify.hh"

using namespace singlet::verifier;

namespace {

Diagnosis refusal(const std::string& text) {
    auto verified = verify(*assemble(text, "test.sasm"), {singlet::abi::kKernelCalls});
    REQUIRE(!verified.has_value());
    return verified.error();
}

} // namespace

TEST_CASE("the frame is that before the instruction, not that of its half-done work") {
    const Diagnosis why = refusal(R"(
func take(vec(u8), vec(u8)) {
    free r0
    free r1
    retv
}
func main() {
    ldi r2, 8
    xvec r0, r2, vec(u8)
    ldi r1, 0
    call r0, r0, take
    retv
}
)");
    CHECK(why.sentence == "call needs vec(u8) in r1, but r1 is i32 (set at instruction 2)");
    CHECK(why.frame == "    r0   vec(u8)  owned  instruction 1, line 9\n"
                       "    r1   i32             instruction 2, line 10\n"
                       "    r2   i32             instruction 0, line 8\n");
}

TEST_CASE("both sides of a meeting are told of with their lines, whatever file they are in") {
    const Diagnosis why = refusal(R"(
source "a.sing", "b.sing"
func main() {
    source 1
  line 7
    ldi r0, 1
    brnz r0, one, two
one:
  line 8
    ldstr r1, "text"
    jmp end
two:
  line 11
    ldl r1, 0
    jmp end
end:
  line 14
    add r0, r0, r1
    retv
}
)");
    CHECK(why.to_string() ==
          "b.sing:14: in main, block 3, instruction 6 (add r0, r0, r1): add needs an i32 in r1, "
          "but r1 "
          "is str when coming from block 1 (set at instruction 2) and i64 when coming from block 2 "
          "(set at instruction 4) [reg.conflict]\n"
          "  b.sing:8: instruction 2 is ldstr r1, \"text\"\n"
          "  b.sing:11: instruction 4 is ldl r1, 0\n"
          "  before instruction 6:\n"
          "    r0   i32       instruction 0, line 7\n"
          "    r1   conflict  block 1 or block 2");
}

TEST_CASE("no message is as long as a module likes") {
    std::string text = "func main() {\n";
    for (int r = 1; r < 100; ++r)
        text += "    ldi r" + std::to_string(r) + ", 0\n";
    text += "    ldstr r0, \"" + std::string(60000, 'x') + "\"\n    add r0, r0, 1\n    retv\n}\n";
    const Diagnosis why = refusal(text);
    CHECK(std::ranges::count(why.frame, '\n') == 65);
    CHECK(why.frame.ends_with("\n    and 36 more\n"));
    REQUIRE(why.places.size() == 1);
    CHECK(why.places[0].instruction == "ldstr r0, \"" + std::string(40, 'x') + "\"...");
    CHECK(why.to_string().size() < 4000);
}
