// Modules that are small themselves and stand for much: tables that instructions share, classes that a test tries.
#include <string>

#include <doctest/doctest.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/verify.hh"

using namespace singlet::verifier;

namespace {

// `classes` classes implement one interface, which `tests` instructions ask for.
Module interface_tests(int classes, int tests) {
    std::string text = "sip Test { entry main }\ninterface Shape {\n}\n";
    for (int c = 0; c < classes; ++c)
        text += "class C" + std::to_string(c) + " : Shape {\n}\n";
    text += "func main() {\n    null r0\n";
    for (int t = 0; t < tests; ++t)
        text += "    isinst r1, r0, Shape\n";
    auto module = assemble(text + "    retv\n}\n", "tests.sasm");
    REQUIRE(module.has_value());
    return *std::move(module);
}

} // namespace

TEST_CASE("what instructions stand for is bounded for the whole module") {
    CHECK(verify(interface_tests(500, 500), {singlet::abi::kKernelCalls}).has_value());
    auto refused = verify(interface_tests(500, 550), {singlet::abi::kKernelCalls});
    REQUIRE(!refused.has_value());
    CHECK(refused.error().rule == Rule::Limit);
}

namespace {

std::string numbered(const char* before, int n) { return before + std::to_string(n); }

// The rule that refuses a function with this signature and body, behind these declarations.
std::string refused(const std::string& signature, const std::string& body,
                    const std::string& declarations = "") {
    auto module = assemble("sip Test { entry main }\n" + declarations + "func f(" + signature +
                               ") {\n" + body + "}\nfunc main() {\n    retv\n}\n",
                           "test.sasm");
    REQUIRE_MESSAGE(module.has_value(), (module ? "" : module.error()));
    auto verified = verify(*std::move(module), {singlet::abi::kKernelCalls});
    if (verified) return "accepted";
    return "[" + std::string(info(verified.error().rule).id) + "] " + verified.error().sentence;
}

// A loop of `blocks` blocks in which one more of 200 registers may be null each time around.
std::string rotation(int blocks) {
    std::string text;
    for (int r = 1; r < 200; ++r)
        text += numbered("    ldstr r", r) + ", \"\"\n";
    text += "    null r200\n    jmp b0\nb0:\n";
    for (int r = 1; r < 200; ++r)
        text += numbered("    mov r", r) + numbered(", r", r + 1) + "\n";
    for (int b = 1; b < blocks; ++b)
        text += numbered("    jmp b", b) + numbered("\nb", b) + ":\n";
    return text + "    brnz r0, b0, end\nend:\n    retv\n";
}

// A ladder of blocks, each of which goes one up or one down, in `width` ways above the 254th. Each of those below reads one more
// register, which is then live all the way up.
std::string ladder(int blocks, int width) {
    std::string text;
    for (int r = 1; r < 255; ++r)
        text += numbered("    ldi r", r) + ", 1\n";
    text += "    jmp b1\n";
    for (int b = 1; b < blocks; ++b) {
        const std::string up = numbered("b", b + 1), down = numbered("b", b - 1);
        text += numbered("b", b) + ":\n";
        if (b < 255) {
            text += numbered("    mov r255, r", b) + "\n    brnz r0, " + up + ", " + down + "\n";
            continue;
        }
        text += "    switch r0, [" + up;
        for (int w = 0; w < width; ++w)
            text += ", " + down;
        text += "]\n";
    }
    return text + numbered("b", blocks) + numbered(":\n    jmp b", blocks - 1) +
           "\nb0:\n    retv\n";
}

constexpr const char* kThreeMessages = R"(contract Three {
    in A()
    in B()
    in C()
    out Back()
    state Start: A -> Next, B -> Next, C -> Next
    state Next: Back -> Start
}
)";

// Four heads for each of `operands` endpoints: `narrow` cases that ask for all of them, and four that cover everything.
std::string selects(int operands, int narrow) {
    std::string all = "        case 0 Three.A";
    for (int o = 1; o < operands; ++o)
        all += numbered(", ", o) + " Three.A";
    std::string text = numbered("    select r0, ", operands) + " {\n";
    for (int n = 0; n < narrow; ++n)
        text += all + " -> both\n";
    return text +
           "        case 0 Three.A -> a\n        case 0 Three.B -> b\n        case 0 Three.C -> c\n"
           "        case 0 closed -> d\n    }\na:\n    trap 1\nb:\n    trap 1\nc:\n    trap 1\n"
           "d:\n    trap 1\n" +
           (narrow ? "both:\n    trap 1\n" : "");
}

std::string endpoints(int count) {
    std::string text = "Three.Exp:Start";
    for (int n = 1; n < count; ++n)
        text += ", Three.Exp:Start";
    return text;
}

} // namespace

TEST_CASE("finding types and live registers takes bounded work") {
    CHECK(refused("i32", rotation(4)) == "accepted");
    CHECK(refused("i32", rotation(80)) ==
          "[module.limit] finding the types of f takes more work than is allowed for its size");
    CHECK(refused("i32", ladder(300, 2)) == "accepted");
    CHECK(refused("i32", ladder(520, 128)) ==
          "[module.limit] finding the live registers of f takes "
          "more work than is allowed for its size");
}

TEST_CASE("the states of all blocks fit into bounded memory") {
    std::string chain = "    regs 256\n";
    for (int b = 1; b < 2049; ++b)
        chain += numbered("    jmp b", b) + numbered("\nb", b) + ":\n";
    CHECK(refused("", chain + "    retv\n") ==
          "[module.limit] the module has 524545 registers, counted once for each block, more than "
          "the limit of 524288");
    CHECK(refused("", "    regs 250\n" + chain.substr(chain.find('\n') + 1) + "    retv\n") ==
          "accepted");
}

TEST_CASE("a select is complete within bounded work") {
    const std::string limit =
        "[module.limit] select has more combinations of messages than can be checked";
    CHECK(refused(endpoints(6), selects(6, 0), kThreeMessages) == "accepted");
    CHECK(refused(endpoints(7), selects(7, 0), kThreeMessages) == limit);
    CHECK(refused(endpoints(6), selects(6, 250), kThreeMessages) == limit);
}

TEST_CASE("a capability has the type of what the manifest asks for") {
    struct Capability {
        const char* resource;
        const char* type;
        TypeIndex other;
        const char* verdict;
    };
    for (const Capability& c : {
             Capability{"ports x: port 96 + 1", "port", kIrq,
                        "resource x must be of type port, but is irq"},
             {"irq x: irq 1", "irq", kDma, "resource x must be of type irq, but is dma"},
             {"dma x: dma 0", "dma", kPort, "resource x must be of type dma, but is port"},
             {"processes x: processes", "processes", kDma,
              "resource x must be of type processes, but is dma"},
         }) {
        auto module = assemble(std::string("sip Test {\n    entry main\n    ") + c.resource +
                                   "\n}\nfunc main(" + c.type + ") {\n    retv\n}\n",
                               "test.sasm");
        REQUIRE(module.has_value());
        CHECK(verify(*module, {singlet::abi::kKernelCalls}).has_value());
        module->manifest.resources[0].type = module->functions[0].params[0] = c.other;
        auto refused = verify(*module, {singlet::abi::kKernelCalls});
        REQUIRE(!refused.has_value());
        CHECK(refused.error().sentence == c.verdict);
    }
}
