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
