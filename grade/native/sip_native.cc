// sip-native: runs a module as compiled code in this process and says how it ended, in the words of
// `sipv run`.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>

#include "grade/native/load.hh"
#include "grade/native/machine.hh"
#include "verifier/interpret.hh"

namespace singlet::native {
namespace {

using namespace verifier;

int report(const Machine& machine, const Outcome& outcome) {
    std::fwrite(machine.console.data(), 1, machine.console.size(), stdout);
    std::fflush(stdout);
    auto where = machine.where(outcome.address);
    switch (outcome.what) {
    case Outcome::What::Exit:
        std::fprintf(stderr, "exit %d\n", outcome.status);
        return outcome.status >= 0 && outcome.status < kTrapped ? outcome.status : kTrapped - 1;
    case Outcome::What::Trap: {
        verifier::Outcome same;
        same.what = verifier::Outcome::What::Trap;
        same.reason = outcome.reason;
        same.number = outcome.number;
        std::fprintf(stderr, "%s at %s\n", same.summary().c_str(), where.c_str());
        return kTrapped;
    }
    case Outcome::What::Deadlock:
        std::fprintf(stderr, "deadlock\n");
        return kDeadlocked;
    case Outcome::What::TimeOut:
        std::fprintf(stderr, "out of time at %s\n", where.c_str());
        return kOutOfTime;
    case Outcome::What::Fault:
        break;
    }
    std::fprintf(stderr, "signal %d at %s\n", outcome.status, where.c_str());
    return kStuck;
}

int main(int argc, char** argv) {
    CLI::App app{"Runs bytecode as compiled code, on the host"};
    std::string in, dump;
    unsigned seconds = 60;
    bool unchecked = false, statistics = false;
    Options options;
    app.add_option("module", in, "a .sbc file or .sasm text")->required();
    app.add_flag("--collect-always", options.collect_always, "collect before each allocation");
    app.add_flag("--no-checks", unchecked, "compile without null, bounds and cast checks");
    app.add_flag("--statistics", statistics, "say what the collector did");
    app.add_option("--seconds", seconds, "most time, 0: any")->capture_default_str();
    app.add_option("--memory", options.memory_bytes, "bytes for stack and heap");
    app.add_option("--argument", options.arguments, "what `argument` gives, from 0 on");
    app.add_option("--dump", dump, "write the linked code to this file, and its address");
    CLI11_PARSE(app, argc, argv);
    options.compile.checks = !unchecked;
    auto verified = load(in);
    Machine machine(verified, options);
    if (!dump.empty()) {
        auto code = machine.linked_code();
        std::ofstream(dump, std::ios::binary)
            .write(reinterpret_cast<const char*>(code.data()),
                   static_cast<std::streamsize>(code.size()));
        std::fprintf(stderr, "code at 0x%x\n", static_cast<unsigned>(machine.code_address()));
        for (std::size_t f = 0; f < machine.image().functions.size(); ++f)
            std::fprintf(
                stderr, "  0x%x %s\n",
                static_cast<unsigned>(machine.code_address() + machine.image().functions[f].begin),
                verified.module().functions[f].name.c_str());
    }
    auto outcome = machine.run(seconds);
    const auto& heap = machine.heap();
    if (statistics)
        std::fprintf(
            stderr, "collections %u, freed %u, blocks %u, pages %u\n",
            static_cast<unsigned>(heap.collections), static_cast<unsigned>(heap.freed_objects),
            static_cast<unsigned>(heap.freed_blocks), static_cast<unsigned>(heap.used_pages));
    return report(machine, outcome);
}

} // namespace
} // namespace singlet::native

int main(int argc, char** argv) { return singlet::native::main(argc, argv); }
