// Verifier against interpreter: programs of the test set are changed a little at random, and what the verifier still accepts
// must never get stuck, nor hold in a register what its type does not describe; what it refuses may get stuck, but must not harm the interpreter. The seed is fixed.
#include "verifier/interpret.hh"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/decode.hh"
#include "verifier/dis.hh"
#include "verifier/encode.hh"

using namespace singlet;
using namespace singlet::verifier;

namespace {

struct Random {
    std::uint64_t state = 0x2545f4914f6cdd1d;
    std::uint32_t below(std::uint32_t n) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return static_cast<std::uint32_t>((state >> 16) % n);
    }
};

std::vector<std::pair<std::string, Module>> programs() {
    std::vector<std::pair<std::string, Module>> all;
    for (const auto& entry : std::filesystem::directory_iterator("verifier/testdata/programs")) {
        std::ifstream in(entry.path());
        std::ostringstream text;
        text << in.rdbuf();
        auto module = assemble(text.str(), entry.path().filename().string());
        REQUIRE_MESSAGE(module.has_value(), (module ? "" : module.error()));
        all.emplace_back(entry.path().filename().string(), std::move(*module));
    }
    std::ranges::sort(all, {}, [](const auto& p) { return p.first; });
    REQUIRE(all.size() > 25);
    return all;
}

// One small change to one instruction, or to the order of two, or to a type that is named somewhere.
void change(Module& m, Random& random) {
    Function& f = m.functions[random.below(static_cast<std::uint32_t>(m.functions.size()))];
    if (f.code.empty()) return;
    auto size = static_cast<std::uint32_t>(f.code.size());
    Instruction& i = f.code[random.below(size)];
    auto reg = [&] { return static_cast<std::uint8_t>(random.below(f.registers)); };
    switch (random.below(10)) {
    case 0:
        i.a = reg();
        break;
    case 1:
        i.b = reg();
        break;
    case 2:
        i.c = reg();
        break;
    case 3:
        i.imm = random.below(8);
        break;
    case 4:
        i.op = static_cast<Opcode>(random.below(static_cast<std::uint32_t>(Opcode::kCount)));
        break;
    case 5:
        i = f.code[random.below(size)];
        break;
    case 6:
        std::swap(i, f.code[random.below(size)]);
        break;
    case 7:
        if (is_terminator(i.op))
            i.imm = random.below(static_cast<std::uint32_t>(f.blocks.size()));
        else
            i = {Opcode::Mov, reg(), reg(), 0, 0};
        break;
    case 8:
        if (!f.params.empty())
            f.params[random.below(static_cast<std::uint32_t>(f.params.size()))] =
                static_cast<TypeIndex>(random.below(static_cast<std::uint32_t>(m.types.size())));
        break;
    case 9:
        for (SelectTable& s : f.selects)
            for (auto& c : s.cases)
                for (auto& p : c.patterns)
                    if (random.below(4) == 0)
                        p.message = static_cast<std::uint16_t>(random.below(3));
        break;
    }
}

int rounds() { // SINGLET_ROUNDS=10000 for a long night
    const char* n = std::getenv("SINGLET_ROUNDS");
    return n ? std::atoi(n) : 150;
}

} // namespace

TEST_CASE("what the verifier accepts never gets stuck") {
    const Environment environment{abi::kKernelCalls};
    InterpretOptions options;
    options.steps = 20'000;
    options.memory_bytes = options.exchange_bytes = 4 << 20;
    Random random;
    int accepted = 0, refused = 0, stuck = 0;
    for (const auto& [name, original] : programs())
        for (int n = 0; n < rounds(); n++) {
            Module m = original;
            for (std::uint32_t changes = 1 + random.below(3); changes > 0; changes--)
                change(m, random);
            if (!check_bounds(m).has_value()) continue;
            auto good = verify(m, environment);
            if (!m.functions[m.manifest.entry].params.empty()) continue;
            Outcome outcome =
                good ? interpret(proof_of(*good), options) : interpret(m, environment, options);
            (good ? accepted : refused)++;
            if (!good) {
                stuck += outcome.what == Outcome::What::Stuck;
                continue;
            }
            CAPTURE(name);
            CAPTURE(outcome.where);
            CAPTURE(disassemble(m));
            CHECK(outcome.what != Outcome::What::Stuck);
            CHECK(outcome.what != Outcome::What::Mismatch);
        }
    CHECK(accepted > 100);
    CHECK(stuck > 100);
    CHECK(refused > stuck);
}

TEST_CASE("any bytes of a file may change") {
    const Environment environment{abi::kKernelCalls};
    InterpretOptions options;
    options.steps = 2'000;
    options.memory_bytes = options.exchange_bytes = 1 << 20;
    Random random;
    for (const auto& [name, original] : programs()) {
        const auto bytes = encode(original);
        for (int n = 0; n < rounds() / 3; n++) {
            auto changed = bytes;
            for (std::uint32_t changes = 1 + random.below(2); changes > 0; changes--)
                changed[random.below(static_cast<std::uint32_t>(changed.size()))] =
                    static_cast<std::uint8_t>(random.below(256));
            auto m = decode(changed);
            if (!m) {
                REQUIRE(!m.error().to_string().empty());
                continue;
            }
            REQUIRE(encode(*m) == changed);
            auto again = assemble(disassemble(*m), "again.sasm");
            REQUIRE_MESSAGE(again.has_value(), (again ? "" : again.error()));
            REQUIRE(*again == *m);
            auto good = verify(*m, environment);
            if (good && (*m)->functions[(*m)->manifest.entry].params.empty()) {
                CAPTURE(name);
                const Outcome outcome = interpret(proof_of(*good), options);
                CAPTURE(outcome.where);
                CHECK(outcome.what != Outcome::What::Stuck);
                CHECK(outcome.what != Outcome::What::Mismatch);
            }
        }
    }
}
