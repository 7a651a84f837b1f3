// Programs that are nearly right: those of verifier/testdata/rules with an instruction or two changed at random. Whatever they are, the
// verifier answers, pass 6 never contradicts pass 5, and what is accepted can be replayed.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <doctest/doctest.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/flow.hh"

using namespace singlet::verifier;

namespace {

std::vector<Module> seeds() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator("verifier/testdata/rules"))
        if (entry.path().extension() == ".sasm") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end()); // the same mutants on every machine
    std::vector<Module> modules;
    for (const auto& path : paths) {
        std::stringstream text;
        text << std::ifstream(path).rdbuf();
        modules.push_back(*assemble(text.str(), "test.sasm"));
    }
    return modules;
}

class Mutator {
public:
    void mutate(Module& module) {
        Function& f = module.functions[below(module.functions.size())];
        if (f.code.empty()) return;
        Instruction& i = f.code[below(f.code.size())];
        switch (below(7)) {
        case 0:
            i.op = static_cast<Opcode>(below(static_cast<std::size_t>(Opcode::kCount)));
            break;
        case 1:
            i.a = static_cast<std::uint8_t>(below(f.registers));
            break;
        case 2:
            i.b = static_cast<std::uint8_t>(below(f.registers));
            break;
        case 3:
            i.c = static_cast<std::uint8_t>(below(f.registers));
            break;
        case 4:
            i.imm = static_cast<std::uint32_t>(below(20));
            break;
        case 5:
            i = f.code[below(f.code.size())];
            break;
        case 6:
            if (!f.params.empty())
                f.params[below(f.params.size())] =
                    static_cast<TypeIndex>(below(module.types.size()));
            break;
        }
    }
    std::size_t below(std::size_t n) { return n ? random_() % n : 0; }

private:
    std::mt19937 random_{2012};
};

void replay(const Verified& verified) {
    for (std::size_t f = 0; f < verified.module().functions.size(); ++f) {
        const Function& function = verified.module().functions[f];
        Replay replay(verified, f);
        for (const std::uint16_t block : verified.facts(f).order) {
            replay.enter(block);
            for (std::uint32_t pc = function.blocks[block]; pc + 1 < block_end(function, block);
                 ++pc)
                replay.step();
        }
    }
}

} // namespace

TEST_CASE("nearly right programs get an answer, and the passes agree") {
    const std::vector<Module> programs = seeds();
    Mutator mutator;
    int accepted = 0;
    for (int n = 0; n < 4000; ++n) {
        Module module = programs[mutator.below(programs.size())];
        for (std::size_t edits = 1 + mutator.below(3); edits > 0; --edits)
            mutator.mutate(module);
        const auto verified = verify(std::move(module), {singlet::abi::kKernelCalls});
        if (!verified) {
            CHECK(verified.error().rule != Rule::Edge);
            CHECK(!verified.error().to_string().empty());
            continue;
        }
        ++accepted;
        replay(*verified);
    }
    CHECK(accepted > 100); // else the mutants are too wild to say much
}
