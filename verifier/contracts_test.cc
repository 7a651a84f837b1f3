// The contracts in verifier/testdata/contracts, good and bad: each says in its first line what the verifier makes of it. For a
// good one that is how many messages can wait at each end, which the kernel makes its slots from, and in which states an
// endpoint may travel; for a bad one it is the refusal, with the way to the fault.
#include "verifier/contracts.hh"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <doctest/doctest.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/limits.hh"
#include "verifier/text.hh"

namespace fs = std::filesystem;
using namespace singlet::verifier;

namespace {

constexpr const char* kContracts = "verifier/testdata/contracts"; // tests run at the tree's root

std::string verdict(const Module& module) {
    const auto verified = verify(module, {singlet::abi::kKernelCalls});
    if (!verified) {
        const Diagnosis& why = verified.error();
        return "rejects: [" + std::string(info(why.rule).id) + "] " + why.sentence;
    }
    std::string text = "accepts:";
    for (std::uint16_t c = 0; c < module.contracts.size(); ++c)
        text += (c ? "; " : " ") + facts_text(verified->module(), c, verified->contract(c));
    return text;
}

Module assembled(const std::string& text) {
    auto module = assemble(text, "test.sasm");
    REQUIRE_MESSAGE(module.has_value(), (module ? "" : module.error()));
    return *std::move(module);
}

// A contract with a message of each direction ("A" in, "B" out, ...) whose states are made by `transitions`.
Contract made(std::size_t messages, std::size_t states,
              const std::function<std::vector<Contract::Transition>(std::size_t)>& transitions) {
    Contract c{.name = "Made", .messages = {}, .states = {}};
    for (std::size_t m = 0; m < messages; ++m)
        c.messages.push_back({"M" + std::to_string(m),
                              m % 2 ? Contract::Direction::Out : Contract::Direction::In,
                              {}});
    for (std::size_t s = 0; s < states; ++s)
        c.states.push_back({"S" + std::to_string(s), transitions(s)});
    return c;
}

Module module_of(const Contract& contract, std::size_t copies = 1) {
    Module module = assembled("sip Test { entry main }\nfunc main() {\nretv\n}\n");
    for (std::size_t c = 0; c < copies; ++c) {
        module.contracts.push_back(contract);
        module.contracts.back().name += std::to_string(c);
    }
    return module;
}

std::uint16_t number(std::size_t n) { return static_cast<std::uint16_t>(n); }

} // namespace

TEST_CASE("each contract is accepted with its facts, or refused with its message") {
    std::size_t accepted = 0, refused = 0;
    for (const auto& entry : fs::directory_iterator(kContracts)) {
        CAPTURE(entry.path().string());
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        const std::string expected = text.str().substr(0, text.str().find('\n'));
        CHECK("; " + verdict(assembled(text.str())) == expected);
        ++(expected.starts_with("; accepts: ") ? accepted : refused);
    }
    CHECK(accepted >= 15);
    CHECK(refused >= 15);
}

TEST_CASE("a queue can be as long as a chain of all states there may be") {
    const Contract chain = made(2, limits::kStates, [](std::size_t s) {
        if (s + 1 < limits::kStates) return std::vector<Contract::Transition>{{0, number(s + 1)}};
        return std::vector<Contract::Transition>{{1, 0}};
    });
    const auto verified = verify(module_of(chain), {singlet::abi::kKernelCalls});
    REQUIRE(verified.has_value());
    CHECK(verified->contract(0).bound_to_exporter == 255);
    CHECK(verified->contract(0).bound_to_importer == 1);
}

// Two streams that take no notice of each other: no contract of 256 states has more races.
TEST_CASE("a grid of all states there may be is gone through") {
    const Contract grid = made(2, 256, [](std::size_t s) {
        std::vector<Contract::Transition> steps;
        if (s / 16 < 15) steps.push_back({0, number(s + 16)});
        if (s % 16 < 15) steps.push_back({1, number(s + 1)});
        return steps;
    });
    const auto verified = verify(module_of(grid), {singlet::abi::kKernelCalls});
    REQUIRE_MESSAGE(verified.has_value(), (verified ? "" : verified.error().to_string()));
    CHECK(verified->contract(0).bound_to_exporter == 15);
    CHECK(verified->contract(0).bound_to_importer == 15);
}

TEST_CASE("what is too large to go through is refused, and a module's contracts share the work") {
    // Each side may say one of several things fifteen times: the queues alone are too many.
    const Contract wide = made(20, 256, [](std::size_t s) {
        std::vector<Contract::Transition> steps;
        for (std::size_t m = 0; m < 20; m += 2)
            if (s / 16 < 15) steps.push_back({number(m), number(s + 16)});
        for (std::size_t m = 1; m < 20; m += 2)
            if (s % 16 < 15) steps.push_back({number(m), number(s + 1)});
        return steps;
    });
    for (std::size_t copies : {std::size_t{1}, std::size_t{limits::kContracts}}) {
        const auto verified = verify(module_of(wide, copies), {singlet::abi::kKernelCalls});
        REQUIRE(!verified.has_value());
        CHECK(verified.error().rule == Rule::Limit);
        CHECK(verified.error().sentence.starts_with(
            "contract Made0 brings its two parties to more configurations than can be checked: "
            "importer sends M0, "));
    }
    const Contract grid = made(2, 256, [](std::size_t s) {
        std::vector<Contract::Transition> steps;
        if (s / 16 < 15) steps.push_back({0, number(s + 16)});
        if (s % 16 < 15) steps.push_back({1, number(s + 1)});
        return steps;
    });
    const auto many = verify(module_of(grid, limits::kContracts), {singlet::abi::kKernelCalls});
    REQUIRE(!many.has_value());
    CHECK(many.error().rule == Rule::Limit);
}

TEST_CASE("as many contracts as there may be, as large as they may be") {
    // Where one side speaks at a time, states and messages cost what they are and no more.
    const Contract full = made(64, limits::kStates, [](std::size_t s) {
        std::vector<Contract::Transition> steps;
        for (std::size_t m = s % 2; m < 64; m += 2)
            steps.push_back({number(m), number((s + 1 + 2 * (m / 2)) % limits::kStates)});
        return steps;
    });
    const auto verified = verify(module_of(full, limits::kContracts), {singlet::abi::kKernelCalls});
    REQUIRE_MESSAGE(verified.has_value(), (verified ? "" : verified.error().to_string()));
    for (std::size_t c = 0; c < limits::kContracts; ++c) {
        CHECK(verified->contract(c).bound_to_exporter == 1);
        CHECK(verified->contract(c).bound_to_importer == 1);
    }
}
