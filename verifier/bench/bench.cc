// bench-verify: how fast the verifier is, and the whole installation with it, on real programs and on generated ones of growing
// size. All times are of this process' own processor time, the least of several runs; what to look at are the ratios.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <malloc.h>

#include "verifier/asm.hh"
#include "verifier/bench/cost.hh"
#include "verifier/bench/phases.hh"
#include "verifier/bench/workloads.hh"
#include "verifier/sipv_files.hh"

namespace singlet::verifier {
namespace {

// Millions of instructions a second on the host: what the project has set itself.
constexpr double kVerifyTarget = 10, kInstallTarget = 3;
constexpr std::size_t kSmallest = 1u << 10, kLargest = 1u << 16;

struct Row {
    std::string name, what;
    std::size_t instructions = 0;
    Times times;

    double nanoseconds(double seconds) const {
        return 1e9 * seconds / static_cast<double>(instructions);
    }
    double rate(double seconds) const { return 1e-6 * static_cast<double>(instructions) / seconds; }
    double share(Phase p) const {
        double sum = 0;
        for (double t : times.phase)
            sum += t;
        return 100 * times.phase[static_cast<std::size_t>(p)] / sum;
    }
};

std::size_t instructions_of(const std::vector<Module>& modules) {
    std::size_t sum = 0;
    for (const Module& m : modules)
        for (const Function& f : m.functions)
            sum += f.code.size();
    return sum;
}

Row run(std::string name, std::string what, const std::vector<Module>& modules, int runs) {
    return {std::move(name), std::move(what), instructions_of(modules), measure(modules, runs)};
}

Module generated(const Shape& shape, std::size_t size) {
    auto module = assemble(shape.text(size), std::string(shape.name) + ".sasm");
    if (!module) give_up(kRefused, module.error());
    return *std::move(module);
}

void print_head() {
    fmt::print("{:<10}{:>8} {:>8} {:>6} {:>8} {:>6}  ", "", "instr", "verify", "x", "install", "x");
    for (auto name : kPhaseName)
        fmt::print("{:>9}", name);
    fmt::print("\n{:<10}{:>8} {:>8} {:>6} {:>8} {:>6}  {:>9}\n", "", "", "M/s", "of 10", "M/s",
               "of 3", "% of all");
}

void print(const Row& row) {
    const double verify = row.rate(row.times.verify), install = row.rate(row.times.install);
    fmt::print("{:<10}{:>8} {:>8.1f} {:>6.2f} {:>8.1f} {:>6.2f}  ", row.name, row.instructions,
               verify, verify / kVerifyTarget, install, install / kInstallTarget);
    for (std::size_t p = 0; p < kPhases; ++p)
        fmt::print("{:>9.0f}", row.share(static_cast<Phase>(p)));
    fmt::print("\n");
    std::fflush(stdout);
}

nlohmann::json as_json(const Row& row) {
    nlohmann::json phases;
    for (std::size_t p = 0; p < kPhases; ++p)
        phases[std::string(kPhaseName[p])] = row.nanoseconds(row.times.phase[p]);
    return {{"name", row.name},
            {"what", row.what},
            {"instructions", row.instructions},
            {"verify_per_second", 1e6 * row.rate(row.times.verify)},
            {"install_per_second", 1e6 * row.rate(row.times.install)},
            {"verify_of_target", row.rate(row.times.verify) / kVerifyTarget},
            {"install_of_target", row.rate(row.times.install) / kInstallTarget},
            {"nanoseconds",
             {{"decode", row.nanoseconds(row.times.decode)},
              {"verify", row.nanoseconds(row.times.verify)},
              {"compile", row.nanoseconds(row.times.compile)},
              {"install", row.nanoseconds(row.times.install)}}},
            {"phases", phases}};
}

// Nanoseconds an instruction by size, and the last beside the first.
void print_growth(const Shape& shape, const std::vector<Row>& rows) {
    auto line = [&](const char* what, auto seconds) {
        fmt::print("{:<10}{:<8}", shape.name, what);
        for (const Row& row : rows)
            fmt::print("{:>8.0f}", row.nanoseconds(seconds(row)));
        const double first = rows.front().nanoseconds(seconds(rows.front()));
        fmt::print("{:>8.2f}\n", rows.back().nanoseconds(seconds(rows.back())) / first);
    };
    line("verify", [](const Row& r) { return r.times.verify; });
    line("install", [](const Row& r) { return r.times.install; });
    std::fflush(stdout);
}

int main(int argc, char** argv) {
    // The heap keeps what it has, as the kernel's does: no time goes into page faults.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    CLI::App app{"How fast the verifier and the whole installation are"};
    std::vector<std::string> sips, programs, only;
    std::string json_file;
    int runs = 5;
    std::vector<std::string> costs;
    app.add_option("--cost", costs, "count what these modules cost, and measure nothing");
    app.add_option("--sips", sips, "modules that were compiled from Sing");
    app.add_option("--programs", programs, "modules written by hand");
    app.add_option("--only", only, "shapes of generated programs (all)");
    app.add_option("--runs", runs, "of which the least time counts")->capture_default_str();
    app.add_option("--json", json_file, "write the numbers here as well");
    CLI11_PARSE(app, argc, argv);

    for (const std::string& file : costs)
        print_cost(file);
    if (!costs.empty()) return kFine;

    std::vector<Row> all;
    fmt::print("Millions of instructions a second, and where the time goes.\n\n");
    print_head();
    auto real = [&](const char* name, const char* what, const std::vector<std::string>& files) {
        if (files.empty()) return;
        std::vector<Module> modules;
        for (const std::string& file : files)
            modules.push_back(load(file));
        all.push_back(run(name, what, modules, runs));
        print(all.back());
    };
    real("sips", "the SIPs of the tree, compiled from Sing", sips);
    real("programs", "programs written by hand", programs);

    auto chosen = [&](const Shape& shape) {
        return only.empty() || std::ranges::find(only, shape.name) != only.end();
    };
    std::vector<std::vector<Row>> growth;
    for (const Shape& shape : kShape) {
        if (!chosen(shape)) continue;
        auto& rows = growth.emplace_back();
        for (std::size_t size = kSmallest; size <= kLargest; size *= 4)
            rows.push_back(run(std::string(shape.name), std::string(shape.what),
                               {generated(shape, std::min(size, kLargest - 512))}, runs));
        print(rows.back());
        all.insert(all.end(), rows.begin(), rows.end());
    }
    fmt::print("\nNanoseconds an instruction by size, and the largest beside the smallest.\n\n");
    fmt::print("{:<18}", "");
    for (std::size_t size = kSmallest; size <= kLargest; size *= 4)
        fmt::print("{:>8}", size);
    fmt::print("{:>8}\n", "ratio");
    std::size_t n = 0;
    for (const Shape& shape : kShape)
        if (chosen(shape)) print_growth(shape, growth[n++]);

    if (json_file.empty()) return kFine;
    nlohmann::json json;
    json["targets"] = {{"verify", 1e6 * kVerifyTarget}, {"install", 1e6 * kInstallTarget}};
    for (const Row& row : all)
        json["rows"].push_back(as_json(row));
    std::ofstream out(json_file);
    out << json.dump(2) << '\n';
    out.close();
    if (!out) give_up(kUsage, "bench-verify: cannot write " + json_file);
    return kFine;
}

} // namespace
} // namespace singlet::verifier

int main(int argc, char** argv) { return singlet::verifier::main(argc, argv); }
