// How long queues are, which the kernel makes its slots from.
#include "verifier/contracts.hh"

#include <string>

#include <doctest/doctest.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"

using namespace singlet::verifier;

namespace {

ContractFacts facts(const std::string& states) {
    const std::string text =
        "contract C {\nin A()\nin B()\nout X()\nout Y()\n" + states + "}\nfunc main() {\nretv\n}\n";
    auto module = assemble(text, "test.sasm");
    REQUIRE_MESSAGE(module.has_value(), (module ? "" : module.error()));
    auto verified = verify(*std::move(module), {singlet::abi::kKernelCalls});
    REQUIRE_MESSAGE(verified.has_value(), (verified ? "" : verified.error().to_string()));
    return verified->contract(0);
}

} // namespace

TEST_CASE("a queue is as long as the longest run in its direction") {
    const ContractFacts ping = facts("state S: A -> T\nstate T: X -> S\n");
    CHECK(ping.bound_to_exporter == 1);
    CHECK(ping.bound_to_importer == 1);

    const ContractFacts runs = facts("state S: A -> T, B -> V\nstate T: A -> U\nstate U: B -> V\n"
                                     "state V: X -> W, Y -> S\nstate W: Y -> S\n");
    CHECK(runs.bound_to_exporter == 3);
    CHECK(runs.bound_to_importer == 2);
}

TEST_CASE("a run may end at the contract's end, and a direction may have none") {
    const ContractFacts once = facts("state S: A -> T\nstate T: B -> End\nstate End\n");
    CHECK(once.bound_to_exporter == 2);
    CHECK(once.bound_to_importer == 0);
    const ContractFacts none = facts("state S\n");
    CHECK(none.bound_to_exporter == 0);
    CHECK(none.bound_to_importer == 0);
}

TEST_CASE("a run that begins in the middle of another is counted from its first message") {
    const ContractFacts late =
        facts("state S: X -> T\nstate T: A -> U\nstate U: A -> V\nstate V: B -> S\n");
    CHECK(late.bound_to_exporter == 3);
    CHECK(late.bound_to_importer == 1);
}
