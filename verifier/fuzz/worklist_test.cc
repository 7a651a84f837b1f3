// Pass 6 against worklists with mistakes: whatever states they find, a program that passes with them is what they say, before
// every instruction, and never gets stuck. That holds for programs that the verifier accepts and for those that it refuses and a
// broken worklist does not.
#include "verifier/fuzz/worklist.hh"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/dis.hh"
#include "verifier/edges.hh"
#include "verifier/fuzz/generate.hh"
#include "verifier/interpret.hh"
#include "verifier/limits.hh"
#include "verifier/liveness.hh"
#include "verifier/tables.hh"

using namespace singlet::verifier;
using singlet::fuzz::Choices;
using singlet::fuzz::Mistake;

namespace {

const Environment kEnvironment{singlet::abi::kKernelCalls};
constexpr std::uint64_t kGenerated = 900;

std::vector<Module> corpus() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("verifier/testdata"))
        if (entry.path().extension() == ".sasm") paths.push_back(entry.path());
    std::ranges::sort(paths);
    std::vector<Module> modules;
    for (const auto& path : paths) {
        std::stringstream text;
        text << std::ifstream(path).rdbuf();
        modules.push_back(*assemble(text.str(), "test.sasm"));
    }
    for (std::uint64_t seed = 0; seed < kGenerated; ++seed) {
        Choices choices(seed);
        modules.push_back(singlet::fuzz::generate(choices));
        modules.push_back(modules.back());
        singlet::fuzz::spoil(modules.back(), choices);
    }
    return modules;
}

// Everything that pass 5 starts from, if passes 1 to 4 let the module through.
struct Prepared {
    Subtypes subtypes;
    std::vector<std::uint16_t> kernel_calls;
    std::vector<ContractFacts> contracts;
    std::vector<Flow> flows;
    std::vector<std::vector<RegisterSet>> live;
    Program program(const Module& module) const {
        return {module, subtypes, kEnvironment, kernel_calls, contracts};
    }
};

bool is_of_pass_5(Rule rule) {
    const std::string_view id = info(rule).id;
    return id.starts_with("reg.") || id.starts_with("own.") || id.starts_with("state.") ||
           id.starts_with("call.");
}

std::optional<Prepared> prepare(const Module& module, const Checked<Verified>& verified) {
    if (!verified && !is_of_pass_5(verified.error().rule)) return {};
    Prepared p;
    p.subtypes = Subtypes(module);
    p.kernel_calls = *check_imports(module, kEnvironment);
    p.contracts = *check_contracts(module);
    const Program program = p.program(module);
    const Reads reads(program);
    Workspace workspace;
    for (std::size_t f = 0; f < module.functions.size(); ++f) {
        Meter meter(limits::kWorkFloor);
        auto flow = check_flow(module, f, workspace);
        if (!flow) return {};
        auto live = find_liveness(program, reads, f, *flow, meter, workspace);
        if (!live) return {};
        p.flows.push_back(std::move(*flow));
        p.live.push_back(std::move(*live));
    }
    return p;
}

enum class Verdict { NoStates, Refused, Passed };

struct Trial {
    Verdict verdict = Verdict::Passed;
    bool wrong = false; // and the interpreter saw it
};

Trial attempt(Mistake mistake, const Module& module, const Prepared& prepared) {
    const Program program = prepared.program(module);
    std::vector<BlockStates> states;
    Workspace workspace;
    Trial trial;
    for (std::size_t f = 0; f < module.functions.size(); ++f) {
        auto found =
            singlet::fuzz::find_states(mistake, program, f, prepared.flows[f], prepared.live[f]);
        if (!found) return {Verdict::NoStates};
        states.push_back(std::move(*found));
        Meter meter(limits::kWorkFloor);
        if (!check_edges(program, f, states.back(), meter, workspace))
            trial.verdict = Verdict::Refused;
    }
    if (!module.functions[module.manifest.entry].params.empty()) return trial;
    Proof proof{program, {}};
    for (const BlockStates& s : states)
        proof.entry.push_back(&s);
    InterpretOptions options;
    options.steps = 10'000;
    options.depth = 100;
    const Outcome outcome = interpret(proof, options);
    trial.wrong = outcome.what == Outcome::What::Mismatch || outcome.what == Outcome::What::Stuck;
    return trial;
}

} // namespace

TEST_CASE("what a broken worklist finds is refused, or true") {
    constexpr auto kMistakes = static_cast<std::size_t>(Mistake::kCount);
    struct Count {
        int passed = 0, refused = 0, wrong = 0;
    };
    std::array<Count, kMistakes> counts{};
    int disagreed = 0;
    for (const Module& module : corpus()) {
        const auto verified = verify(module, kEnvironment);
        const auto prepared = prepare(module, verified);
        if (!prepared) continue;
        for (std::size_t m = 0; m < kMistakes; ++m) {
            const Trial trial = attempt(static_cast<Mistake>(m), module, *prepared);
            counts[m].passed += trial.verdict == Verdict::Passed;
            counts[m].refused += trial.verdict == Verdict::Refused;
            counts[m].wrong += trial.wrong;
            if (m == 0) disagreed += verified.has_value() != (trial.verdict == Verdict::Passed);
            if (!trial.wrong || trial.verdict == Verdict::Refused) continue;
            CAPTURE(m);
            CAPTURE(disassemble(module));
            CHECK(trial.verdict == Verdict::Refused);
        }
    }
    CHECK(disagreed == 0);
    CHECK(counts[0].passed > 300);
    CHECK(counts[0].refused == 0);
    for (std::size_t m = 1; m < kMistakes; ++m) {
        CAPTURE(m);
        CHECK(counts[m].refused > 0); // else the mistake makes no difference,
        CHECK(counts[m].wrong > 0);   // or harms nobody
    }
}
