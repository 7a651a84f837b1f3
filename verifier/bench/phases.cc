#include "verifier/bench/phases.hh"

#include <algorithm>
#include <ctime>
#include <limits>

#include "kern/abi/signatures.hh"
#include "verifier/compile.hh"
#include "verifier/decode.hh"
#include "verifier/edges.hh"
#include "verifier/encode.hh"
#include "verifier/fixpoint.hh"
#include "verifier/sipv_files.hh"
#include "verifier/tables.hh"

namespace singlet::verifier {
namespace {

const Environment kEnvironment{abi::kKernelCalls};

double now() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Repeats `work` until a run is long beside the clock's step, and gives the least time of one.
template <class Prepare, class Work>
double least(int runs, Prepare prepare, Work work) {
    constexpr double kLongEnough = 10e-3;
    double best = std::numeric_limits<double>::max();
    for (int run = 0; run < runs; ++run) {
        int times = 0;
        double spent = 0;
        do {
            auto input = prepare();
            const double begin = now();
            [[maybe_unused]] auto result = work(input);
            spent += now() - begin;
            ++times;
        } while (spent < kLongEnough);
        best = std::min(best, spent / times);
    }
    return best;
}

template <class Work>
double least(int runs, Work work) {
    return least(runs, [] { return 0; }, [&](int) { return work(); });
}

template <class T>
T sure(Checked<T> result) {
    if (!result) give_up(kRefused, result.error().to_string());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// The passes over functions, each over all functions of all modules; a pass's results are kept for those behind it.
class Passes {
public:
    Passes(const std::vector<Verified>& verified) {
        for (const Verified& v : verified)
            programs_.push_back(v.program());
        for (const Program& program : programs_)
            reads_.emplace_back(program);
        for (std::size_t m = 0; m < programs_.size(); ++m)
            for (std::size_t f = 0; f < programs_[m].module.functions.size(); ++f)
                all_.push_back({m, f});
        flows_ = flow();
        live_ = liveness();
        entry_ = types();
    }

    std::vector<Flow> flow() const {
        return each<Flow>([&](std::size_t, auto at) {
            return sure(check_flow(programs_[at.module].module, at.function, workspace_));
        });
    }
    std::vector<std::vector<RegisterSet>> liveness() const {
        return each<std::vector<RegisterSet>>([&](std::size_t n, auto at) {
            Meter meter = unlimited();
            return sure(find_liveness(programs_[at.module], reads_[at.module], at.function,
                                      flows_[n], meter, workspace_));
        });
    }
    std::vector<BlockStates> types() const {
        return each<BlockStates>([&](std::size_t n, auto at) {
            Meter meter = unlimited();
            return sure(find_states(programs_[at.module], at.function, flows_[n], live_[n], meter,
                                    workspace_));
        });
    }
    int edges() const {
        for (std::size_t n = 0; n < all_.size(); ++n) {
            Meter meter = unlimited();
            sure(check_edges(programs_[all_[n].module], all_[n].function, entry_[n], meter,
                             workspace_));
        }
        return 0;
    }

private:
    struct At {
        std::size_t module, function;
    };
    template <class T, class F>
    std::vector<T> each(F f) const {
        std::vector<T> results;
        results.reserve(all_.size());
        for (std::size_t n = 0; n < all_.size(); ++n)
            results.push_back(f(n, all_[n]));
        return results;
    }
    static Meter unlimited() { return Meter(~std::uint64_t{0}); }

    mutable Workspace workspace_;
    std::vector<Program> programs_;
    std::vector<Reads> reads_;
    std::vector<At> all_;
    std::vector<Flow> flows_;
    std::vector<std::vector<RegisterSet>> live_;
    std::vector<BlockStates> entry_;
};

int tables(const std::vector<Module>& modules) {
    for (const Module& m : modules) {
        sure(check_type_table(m));
        sure(check_layouts(m));
        sure(check_signatures(m));
        sure(check_interfaces(m));
        sure(check_manifest(m));
        const auto contracts = sure(check_contracts(m));
        const auto calls = sure(check_imports(m, kEnvironment));
        const Subtypes subtypes(m);
        const Reads reads(Program{m, subtypes, kEnvironment, calls, contracts});
    }
    return 0;
}

using Files = std::vector<std::vector<std::uint8_t>>;

std::vector<Verified> verify_all(std::vector<BoundedModule>& modules) {
    std::vector<Verified> results;
    results.reserve(modules.size());
    for (BoundedModule& m : modules)
        results.push_back(sure(verify(std::move(m), kEnvironment)));
    return results;
}

std::size_t install_all(const Files& files) {
    std::size_t bytes = 0;
    for (const auto& file : files) {
        const Verified verified = sure(verify(sure(decode(file)), kEnvironment));
        bytes += compile(verified, {}).code.size();
    }
    return bytes;
}

} // namespace

Times measure(const std::vector<Module>& modules, int runs) {
    Files files;
    std::vector<BoundedModule> bounded;
    for (const Module& m : modules) {
        files.push_back(encode(m));
        bounded.push_back(sure(BoundedModule::create(m)));
    }
    auto copies = [&] { return bounded; };
    std::vector<BoundedModule> given = bounded;
    const std::vector<Verified> verified = verify_all(given);

    Times t;
    t.decode = least(runs, [&] {
        std::vector<BoundedModule> decoded;
        decoded.reserve(files.size());
        for (const auto& file : files)
            decoded.push_back(sure(decode(file)));
        return decoded;
    });
    t.verify = least(runs, copies, verify_all);
    t.compile = least(runs, [&] {
        std::vector<NativeImage> images;
        images.reserve(verified.size());
        for (const Verified& v : verified)
            images.push_back(compile(v, {}));
        return images;
    });
    t.install = least(runs, [&] { return install_all(files); });

    auto phase = [&](Phase p, double seconds) { t.phase[static_cast<std::size_t>(p)] = seconds; };
    const double bounds = least(runs, [&] {
        for (const Module& m : modules)
            sure(check_bounds(m));
        return 0;
    });
    const Passes passes(verified);
    phase(Phase::Read, t.decode - bounds);
    phase(Phase::Bounds, bounds);
    phase(Phase::Tables, least(runs, [&] { return tables(modules); }));
    phase(Phase::Flow, least(runs, [&] { return passes.flow(); }));
    phase(Phase::Liveness, least(runs, [&] { return passes.liveness(); }));
    phase(Phase::Types, least(runs, [&] { return passes.types(); }));
    phase(Phase::Edges, least(runs, [&] { return passes.edges(); }));
    phase(Phase::Compile, t.compile);
    return t;
}

} // namespace singlet::verifier
