// sipv, the host's tool for bytecode: assemble, disassemble, verify, explain, run, look at a manifest. Everywhere a module is asked
// for, a .sbc file and .sasm text will do alike.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <optional>

// <since lab6>
#include "verifier/contracts.hh"
// </since>
#include "verifier/dis.hh"
#include "verifier/encode.hh"
#include "verifier/interpret.hh"
#include "verifier/manifest_text.hh"
#include "verifier/sipv_files.hh"

namespace singlet::verifier {
namespace {

Verified verified(const std::string& path, BoundedModule module) {
    auto result = verify(std::move(module), kernel_environment());
    if (!result) {
        bool named = result.error().source == path; // then the diagnosis says so
        give_up(kRefused, (named ? "" : path + ": ") + result.error().to_string());
    }
    return std::move(*result);
}

int assemble_file(const std::string& in, const std::string& out) {
    save(out, encode(load(in)));
    return kFine;
}

int verify_file(const std::string& in) {
    Verified v = verified(in, load(in));
    std::size_t instructions = 0;
    for (const Function& f : v.module().functions)
        instructions += f.code.size();
    fmt::print("{}: verified, {} functions, {} instructions\n", in, v.module().functions.size(),
               instructions);
    // <since lab6>
    for (std::uint16_t c = 0; c < v.module().contracts.size(); ++c)
        fmt::print("contract {}\n", facts_text(v.module(), c, v.contract(c)));
    // </since>
    return kFine;
}

// The program's output is all of stdout; how it ended is the last line of stderr.
int run_file(const std::string& in, bool unverified, bool check_states,
             const InterpretOptions& options) {
    BoundedModule module = load(in);
    std::optional<Verified> proven;
    if (!unverified) proven = verified(in, module);
    if (!module->functions[module->manifest.entry].params.empty())
        give_up(kUsage,
                fmt::format("sipv: {} wants resources from its manifest, and there are none "
                            "here: run it on the kernel",
                            in));
    Outcome outcome = proven && check_states ? interpret(proof_of(*proven), options)
                                             : interpret(module, kernel_environment(), options);
    std::fwrite(outcome.console.data(), 1, outcome.console.size(), stdout);
    std::fflush(stdout);
    if (options.coverage) fmt::print(stderr, "executed: {}\n", fmt::join(outcome.executed, " "));
    if (outcome.what == Outcome::What::Exit) {
        fmt::print(stderr, "{} ({} steps)\n", outcome.summary(), outcome.steps);
        return outcome.status >= 0 && outcome.status < kTrapped ? outcome.status : kTrapped - 1;
    }
    fmt::print(stderr, "{} at {} ({} steps)\n", outcome.summary(), outcome.where, outcome.steps);
    switch (outcome.what) {
    case Outcome::What::Trap:
        return kTrapped;
    case Outcome::What::Deadlock:
        return kDeadlocked;
    case Outcome::What::OutOfSteps:
        return kOutOfSteps;
    default:
        break;
    }
    if (!unverified)
        fmt::print(stderr, "sipv: the verifier let through what it should have refused\n");
    return kStuck;
}

int main(int argc, char** argv) {
    CLI::App app{"Bytecode of software-isolated processes: assemble, verify, run"};
    app.require_subcommand(1);
    std::string in, out;
    bool unverified = false, check_states = false, markdown = false;
    InterpretOptions options;
    auto with_file = [&](const char* name, const char* what) {
        CLI::App* sub = app.add_subcommand(name, what);
        sub->add_option("module", in, "a .sbc file or .sasm text")->required();
        return sub;
    };
    CLI::App* as = with_file("asm", "text to bytecode");
    as->add_option("-o,--output", out, "the .sbc file")->required();
    CLI::App* dis = with_file("dis", "bytecode to text");
    CLI::App* check = with_file("verify", "prove a module harmless, or say why it could not be");
    CLI::App* explain = with_file("explain", "show how verify comes to its verdict");
    ExplainOptions shown;
    explain->add_option("--function", shown.function, "this one alone, by name");
    explain->add_option("--html", shown.html, "write a page to step through in a browser");
    explain->add_flag("--json", shown.json, "as JSON");
    CLI::App* run = with_file("run", "run a module in the defensive interpreter");
    run->add_flag("--unverified", unverified, "even if the verifier refuses it");
    run->add_flag("--check-states", check_states,
                  "hold all registers against the verifier's types before each instruction")
        ->excludes("--unverified");
    run->add_flag("--coverage", options.coverage, "say which instructions were executed");
    run->add_option("--steps", options.steps, "most instructions")->capture_default_str();
    run->add_option("--argument", options.arguments,
                    "what the kernel call `argument` gives, from 0 on");
    CLI::App* manifest = with_file("manifest", "what a SIP is given, and what it serves");
    CLI::App* isa = app.add_subcommand("isa", "the instruction set");
    isa->add_flag("--markdown", markdown, "as tables (the only form)");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? kFine : kUsage;
    }
    if (*as) return assemble_file(in, out);
    if (*check) return verify_file(in);
    if (*explain) return explain_file(in, shown);
    if (*run) return run_file(in, unverified, check_states, options);
    if (*dis) fmt::print("{}", disassemble(load(in)));
    if (*manifest) fmt::print("{}", manifest_text(load(in)));
    if (*isa) fmt::print("{}", isa_table());
    return kFine;
}

} // namespace
} // namespace singlet::verifier

int main(int argc, char** argv) { return singlet::verifier::main(argc, argv); }
