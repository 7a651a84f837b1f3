// sipv explain: the function that is meant, and where the explanation goes.
#include <fmt/format.h>

#include "verifier/explain/explain.hh"
#include "verifier/sipv_files.hh"

namespace singlet::verifier {
namespace {

constexpr std::size_t kListed = 12; // functions named where one does not exist

// By name, or as #number where names will not do.
std::size_t find(const std::string& path, const Module& module, const std::string& wanted) {
    for (std::size_t f = 0; f < module.functions.size(); ++f)
        if (module.functions[f].name == wanted || fmt::format("#{}", f) == wanted) return f;
    std::string names;
    for (std::size_t f = 0; f < module.functions.size() && f < kListed; ++f)
        names += (f ? ", " : "") + module.functions[f].name;
    if (module.functions.size() > kListed) names += ", ...";
    give_up(kUsage, fmt::format("sipv: {} has no function {}; it has {}", path, wanted, names));
}

} // namespace

int explain_file(const std::string& path, const ExplainOptions& options) {
    const Module module = load(path);
    explain::Subject subject{.path = path, .module = module, .function = {}};
    if (!options.function.empty()) subject.function = find(path, module, options.function);
    auto report = [&](std::size_t facts) {
        return explain::explain(module, kernel_environment(), subject.function, facts);
    };
    if (!options.html.empty()) {
        const std::string page = explain::page(subject, report(explain::kPageFacts));
        save(options.html, {reinterpret_cast<const std::uint8_t*>(page.data()), page.size()});
    }
    if (options.json)
        fmt::print("{}", explain::json(subject, report(explain::kJsonFacts)));
    else if (options.html.empty())
        fmt::print("{}", explain::text(subject, report(0)));
    return kFine;
}

} // namespace singlet::verifier
