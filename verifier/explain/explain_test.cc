// What is written down of the fixpoint's work, and what is said of it.
#include "verifier/explain/explain.hh"

#include <doctest/doctest.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/flow.hh"

using namespace singlet::verifier;
using explain::Known, explain::Report;

namespace {

constexpr const char* kLoop = R"(
func first(str) -> i32 {
    len r1, r0
    ret r1
}
func main() {
    null r0
    ldi r1, 3
    jmp loop
loop:
    isnull r2, r0
    ldstr r0, "again"
    sub r1, r1, 1
    brnz r1, loop, end
end:
    retv
}
)";

constexpr const char* kRefused = R"(
struct Block {
}
func main() {
    ldi r0, 1
    xnew r1, Block
    brnz r0, one, two
one:
    free r1
    jmp two
two:
    retv
}
func last() {
    retv
}
)";

Report run(const Module& module, std::size_t facts = 1000) {
    return explain::explain(module, {singlet::abi::kKernelCalls}, {}, facts);
}

// The registers before the terminator of the latest visit.
Registers at_end(const explain::FunctionRecord& record, std::size_t block, std::size_t registers) {
    Registers state(registers);
    auto apply = [&](const std::vector<Known>& list) {
        for (const Known& k : list)
            state[k.reg] = k.type;
    };
    apply(record.latest[block]->entry);
    for (const auto& step : record.latest[block]->steps)
        apply(step);
    return state;
}

} // namespace

TEST_CASE("the record of an accepted function ends in the states that were proved") {
    const Module module = *assemble(kLoop, "test.sasm");
    const Report report = run(module);
    const Verified verified = *verify(module, {singlet::abi::kKernelCalls});
    CHECK(!report.refusal);
    REQUIRE(report.functions.size() == 2);
    for (std::size_t f = 0; f < 2; ++f) {
        const explain::FunctionRecord& record = report.functions[f];
        const Function& function = module.functions[f];
        CHECK(record.whole);
        CHECK(record.history.size() == record.order.size());
        Replay replay(verified, f);
        for (std::uint16_t b = 0; b < function.blocks.size(); ++b) {
            replay.enter(b);
            for (std::uint32_t pc = function.blocks[b]; pc + 1 < block_end(function, b); ++pc)
                replay.step();
            CHECK(at_end(record, b, function.registers) == replay.registers());
        }
    }
    CHECK(report.functions[1].order == std::vector<std::uint16_t>{0, 1, 1, 2});
    CHECK(report.functions[1].visits == std::vector<std::uint32_t>{1, 2, 1});
}

TEST_CASE("a record whose history is cut still counts, and has each block's latest visit") {
    const Module module = *assemble(kLoop, "test.sasm");
    const Report whole = run(module), cut = run(module, 10);
    const explain::FunctionRecord &a = whole.functions[1], &b = cut.functions[1];
    CHECK(a.history.size() == 4);
    CHECK(b.history.size() == 1);
    CHECK(!b.whole);
    CHECK(b.order == a.order);
    CHECK(b.visits == a.visits);
    for (std::size_t block = 0; block < 3; ++block)
        CHECK(at_end(a, block, 3) == at_end(b, block, 3));
}

TEST_CASE("the text has the states, the joins and the refusal in its place") {
    const Module module = *assemble(kRefused, "test.sasm");
    CHECK(explain::text({"test.sasm", module, {}}, run(module)) ==
          R"(func main(): refused
  2 visits in this order: 0 1

  block 0, visited once, entered from the caller
       0  ldi r0, 1                                        line 5
            r0   i32
       1  xnew r1, Block                                   line 6
            r1   own Block, owned
       2  brnz r0, b1, b2                                  line 7

  block 1, visited once, entered from block 0
            r1   own Block, owned  (instruction 1, line 6)
       3  free r1                                          line 9
            r1   gone
       4  jmp b2                                           line 10
    ^^^^^^  REFUSED [own.meet] block 2 needs r1 to be owned on all paths or on none, but it is own Block when coming from block 0 (set at instruction 1) and not set when coming from block 1 (moved away at instruction 3)

  block 2, not visited, entered from blocks 0, 1
      join  r1   own Block from block 0 (instruction 1, line 6)  and  not set from block 1 (instruction 3, line 9)  ->  refused
       5  retv                                             line 12

func last(): not looked at, the verifier ends at the first refusal

test.sasm:10: in main, block 1, instruction 4 (jmp b2): block 2 needs r1 to be owned on all paths or on none, but it is own Block when coming from block 0 (set at instruction 1) and not set when coming from block 1 (moved away at instruction 3) [own.meet]
  test.sasm:6: instruction 1 is xnew r1, Block
  test.sasm:9: instruction 3 is free r1
  before instruction 4:
    no register is set
)");
}

TEST_CASE("no text of a module can be markup in the page") {
    Module module = *assemble(kLoop, "<script>alert(1)</script>");
    module.strings = {"</script><script>alert(2)</script><!--"};
    const std::string page =
        explain::page({"<img src=x onerror=alert(3)>", module, {}}, run(module));
    for (const char* bad : {"alert(1)</", "alert(2)</", "<img", "<!--"})
        CHECK(page.find(bad) == std::string::npos);
    CHECK(page.find("alert(3)") != std::string::npos); // it is there, as text
}
