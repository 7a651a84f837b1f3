// The interpreter against proofs: it agrees with the verifier's own on every program of the test set, and says of a proof
// that is wrong where it is.
#include "verifier/interpret_proof.hh"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/interpret_heap.hh"

using namespace singlet::verifier;

namespace {

const Environment kEnvironment{singlet::abi::kKernelCalls};

// A program and its proof, of which a test makes a wrong one.
struct Fixture {
    explicit Fixture(const char* text)
        : verified(*verify(*assemble(text, "test.sasm"), kEnvironment)),
          entry(verified.facts(0).entry) {}
    Outcome run() {
        Proof proof = proof_of(verified);
        proof.entry[0] = &entry;
        return interpret(proof, {});
    }
    std::string complaint() {
        const Outcome outcome = run();
        REQUIRE(outcome.summary() == "state mismatch");
        return outcome.where.substr(outcome.where.find("): ") + 3);
    }
    Verified verified;
    BlockStates entry;
};

constexpr const char* kProgram = R"(
contract Ping {
    in Ask()
    out Answer()
    state Start: Ask -> Wait
    state Wait: Answer -> Start
}
class Point { x: i32 }
func main() {
    channel r0, r1, Ping
    send r0, r0, Ping.Ask
    new r2, Point
    ldi r3, 10
    xvec r4, r3, vec(u8)
    null r5
    ldl r6, 7
    jmp next
next:
    free r0
    free r1
    free r4
    retv
}
)";

} // namespace

TEST_CASE("every program of the test set is as the verifier says") {
    int programs = 0;
    for (const auto& entry : std::filesystem::directory_iterator("verifier/testdata/programs")) {
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        const auto verified =
            verify(*assemble(text.str(), entry.path().filename().string()), kEnvironment);
        REQUIRE(verified.has_value());
        InterpretOptions options;
        options.steps = 200'000;
        const Outcome with = interpret(proof_of(*verified), options);
        const Outcome without = interpret(verified->module(), kEnvironment, options);
        CAPTURE(entry.path().string());
        CAPTURE(with.where);
        CHECK(with.summary() == without.summary());
        CHECK(with.console == without.console);
        CHECK(with.steps == without.steps);
        ++programs;
    }
    CHECK(programs > 50);
}

TEST_CASE("the right proof is agreed with") {
    CHECK(Fixture(kProgram).run().summary() == "exit 0");
}

TEST_CASE("a value of another type is seen") {
    for (const auto& [reg, claimed, complaint] :
         std::initializer_list<std::tuple<int, Type, const char*>>{
             {3, {.kind = Kind::I64}, "r3 holds i32, but the proof says i64"},
             {6, {.kind = Kind::I32}, "r6 holds i64, but the proof says i32"},
             {2, {.kind = Kind::Str}, "r2 holds ref Point, but the proof says str"},
             {3, {.kind = Kind::Null}, "r3 holds i32, but the proof says null"},
             {5, {.kind = Kind::Ref}, "r5 holds null, but the proof says ref Point"},
             {4,
              {.kind = Kind::Vec, .index = kU16},
              "r4 holds vec(u8), but the proof says vec(u16)"}}) {
        Fixture f(kProgram);
        f.entry[1][static_cast<std::size_t>(reg)] = claimed;
        CHECK(f.complaint() == complaint);
    }
}

TEST_CASE("an endpoint's state, side and contract are seen") {
    Fixture f(kProgram);
    f.entry[1][0].state = 0;
    CHECK(f.complaint() == "r0 holds Ping.Imp:Wait, but the proof says Ping.Imp:Start");
    f.entry[1][0].state = 1;
    CHECK(f.run().summary() == "exit 0");
    f.entry[1][1].side = Side::Importer;
    CHECK(f.complaint() == "r1 holds Ping.Exp:Start, but the proof says Ping.Imp:Start");
}

TEST_CASE("a nullable type takes both, and what is not known anything") {
    Fixture f(kProgram);
    f.entry[1][5] = {.kind = Kind::Ref, .nullable = true};
    f.entry[1][2] = {.kind = Kind::Ref, .nullable = true};
    f.entry[1][3] = {};
    f.entry[1][6] = {.kind = Kind::Conflict};
    CHECK(f.run().summary() == "exit 0");
}

TEST_CASE("what somebody is answerable for is not forgotten") {
    Fixture f(R"(
func main() {
    ldi r0, 3
    xvec r1, r0, vec(u8)
    jmp next
next:
    trap 1
}
)");
    CHECK(f.run().summary() == "trap Explicit 1");
    f.entry[1][1] = {};
    CHECK(f.complaint() == "r1 holds vec(u8), but the proof says unset");
    f.entry[1][1] = {.kind = Kind::Conflict};
    CHECK(f.complaint() == "r1 holds vec(u8), but the proof says conflict");
    f.entry[1][1] = {.kind = Kind::Vec, .lent = 1, .index = kU8};
    CHECK(f.complaint() == "r1 holds vec(u8), but the proof says lent vec(u8)");
}

TEST_CASE("the account finds blocks with two owners, with none, and freed ones that are kept") {
    Heap heap(1 << 20, 1 << 20);
    Thing* t = heap.thing(Kind::Vec, kU8, 8, {});
    const Value owner = Value::of(t);
    Value borrower = owner;
    borrower.lent = true;
    const Value one[] = {owner}, none[] = {Value::i32(3), borrower}, two[] = {owner, owner};
    auto account = [&](std::span<const Value> stack) { return heap.account({&stack, 1}); };
    CHECK(account(one) == "");
    CHECK(t->holder == 0);
    CHECK(account(none) == "a block, endpoint or set was lost");
    CHECK(account(two) == "a block has two owners");
    heap.release(t);
    CHECK(account(none) == "");
    CHECK(account(one) == "what was freed still has an owner");
}
