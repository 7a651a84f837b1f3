// What the fixpoint shows of its work: which blocks it walks in which order, and what meets where.
#include "verifier/observer.hh"

#include <doctest/doctest.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/text.hh"

using namespace singlet::verifier;

namespace {

// Writes it all down: "visit 1", "1 -> 2", "r0 at 2: i32 and str -> conflict".
class Diary final : public Observer {
public:
    std::vector<std::string> lines;

    void function(const Program& program, std::size_t number) override {
        module_ = &program.module;
        lines.push_back("function " + program.module.functions[number].name);
    }
    void visit(std::uint16_t block, std::span<const Type>, const Trace&) override {
        lines.push_back("visit " + std::to_string(block));
    }
    void edge(std::uint16_t target, bool first, std::span<const Type>, const Trace&) override {
        lines.push_back((first ? "first at " : "again at ") + std::to_string(target));
    }
    void join(const Join& join) override {
        lines.push_back("r" + std::to_string(join.reg) + " at " + std::to_string(join.target) +
                        ": " + type_text(*module_, join.known.type) + " and " +
                        type_text(*module_, join.brought.type) + " -> " +
                        (join.lost ? "lost" : type_text(*module_, join.result)));
    }

private:
    const Module* module_ = nullptr;
};

std::vector<std::string> diary(const char* text) {
    Module module = *assemble(text, "test.sasm");
    const bool accepted = verify(module, {singlet::abi::kKernelCalls}).has_value();
    Diary diary;
    CHECK(verify(module, {singlet::abi::kKernelCalls}, &diary).has_value() == accepted);
    return diary.lines;
}

} // namespace

TEST_CASE("an observer sees a loop walked until nothing is learnt") {
    const std::vector<std::string> expected = {"function main",
                                               "first at 0",
                                               "visit 0",
                                               "first at 1",
                                               "visit 1",
                                               "again at 1",
                                               "r0 at 1: null and str -> str?",
                                               "first at 2",
                                               "visit 1",
                                               "again at 1",
                                               "r0 at 1: str? and str -> str?",
                                               "again at 2",
                                               "visit 2"};
    CHECK(diary(R"(
func main() {
    null r0
    ldi r1, 3
    jmp loop
loop:
    isnull r2, r0
    ldstr r0, "again"
    brnz r1, loop, end
end:
    retv
}
)") == expected);
}

TEST_CASE("an observer sees what a refusal is about, and nothing behind it") {
    const std::vector<std::string> seen = diary(R"(
func first() {
    ldi r0, 1
    xvec r1, r0, vec(u8)
    brnz r0, one, two
one:
    free r1
    jmp two
two:
    retv
}
func main() {
    retv
}
)");
    CHECK(seen.front() == "function first");
    CHECK(seen.back() == "r1 at 2: vec(u8) and unset -> lost");
}
