// Pass 6 on its own, fed with states that no correct fixpoint finds.
#include "verifier/edges.hh"

#include <doctest/doctest.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"

using namespace singlet::verifier;

namespace {

constexpr Type kInt{.kind = Kind::I32}, kLong{.kind = Kind::I64}, kText{.kind = Kind::Str};

struct Fixture {
    explicit Fixture(const char* text)
        : verified(*verify(*assemble(text, "test.sasm"), {singlet::abi::kKernelCalls})),
          entry(verified.facts(0).entry) {}
    // The verdict on `entry`, which a test has broken.
    std::string verdict() {
        const Result result = check();
        return result ? "accepted" : std::string(info(result.error().rule).id);
    }
    Result check() {
        Meter meter(1000);
        const Program program = verified.program();
        Workspace workspace;
        return check_edges(program, 0, entry, meter, workspace);
    }
    Verified verified;
    BlockStates entry;
};

constexpr const char* kLoop = R"(
func main() {
    ldi r0, 10
    ldi r1, 8
    xvec r2, r1, vec(u8)
    jmp loop
loop:
    add r0, r0, -1
    brnz r0, loop, end
end:
    free r2
    retv
}
)";

} // namespace

TEST_CASE("the states that the fixpoint found hold") {
    CHECK(Fixture(kLoop).verdict() == "accepted");
}

TEST_CASE("a state that claims more than an edge brings is refused") {
    Fixture f(kLoop);
    f.entry[1][1] = kLong;
    CHECK(f.verdict() == "flow.edge");
}

TEST_CASE("the message has both sides, the place and the registers") {
    Fixture f(kLoop);
    f.entry[1][1] = kLong;
    CHECK(f.check().error().to_string() ==
          "test.sasm:6: in main, block 0, instruction 3 (jmp b1): block 1 expects r1 to be i64, "
          "but this edge brings i32 [flow.edge]\n"
          "  before instruction 3:\n"
          "    r0   i32\n    r1   i32\n    r2   vec(u8)  owned");
}

TEST_CASE("a state that forgets an owned value is refused") {
    Fixture f(kLoop);
    f.entry[1][2] = Type{};
    CHECK(f.verdict() == "flow.edge");
    f.entry[1][2] = Type{.kind = Kind::Conflict};
    CHECK(f.verdict() == "flow.edge");
    f.entry[2][2] = Type{.kind = Kind::Conflict}; // and nobody behind it remembers
    CHECK(f.verdict() == "flow.edge");
    f.entry[1][2] = f.entry[2][2] = Type{};
    CHECK(f.verdict() == "flow.edge");
}

TEST_CASE("a state that makes an owned value a borrowed or other one is refused") {
    for (const Type type : {Type{.kind = Kind::Vec, .lent = 1, .index = kU8},
                            Type{.kind = Kind::Vec, .index = kU16}, kText}) {
        Fixture f(kLoop);
        f.entry[1][2] = type;
        CHECK(f.verdict() != "accepted");
    }
}

TEST_CASE("a state that takes null for a value is refused") {
    Fixture f(R"(
func main() {
    null r0
    jmp next
next:
    isnull r1, r0
    retv
}
)");
    f.entry[1][0] = Type{.kind = Kind::Str};
    CHECK(f.verdict() == "flow.edge");
    f.entry[1][0] = Type{.kind = Kind::Str, .nullable = true};
    CHECK(f.verdict() == "accepted");
    f.entry[1][0] = Type{.kind = Kind::Conflict};
    CHECK(f.verdict() == "reg.conflict");
}

TEST_CASE("a weaker state is refused where the code relies on more") {
    Fixture f(kLoop);
    f.entry[1][0] = Type{.kind = Kind::Conflict};
    CHECK(f.verdict() == "reg.conflict");
}

TEST_CASE("where nothing was ever put there are not two things") {
    Fixture f(R"(
func main() {
    ldi r0, 1
    jmp next
next:
    mov r1, r0
    retv
}
)");
    f.entry[1][1] = Type{.kind = Kind::Conflict};
    CHECK(f.verdict() == "flow.edge");
}

TEST_CASE("the parameters must fit the first block") {
    Fixture f(kLoop);
    f.entry[0][0] = kInt;
    CHECK(f.verdict() == "flow.edge");
}

TEST_CASE("a state that forgets what was borrowed is refused where it is given back") {
    Fixture f(R"(
contract Pair {
    in Ask()
    out Answer()
    state Start: Ask -> Busy
    state Busy: Answer -> Start
}
func f(lent Pair.Imp:Start) {
    jmp first
last:
    retv
first:
    jmp last
}
func main() {
    retv
}
sip Test { entry main }
)");
    CHECK(f.verdict() == "accepted");
    f.entry[1][0] = Type{};
    CHECK(f.verdict() == "state.lent");
}
