// The whole road from a file to a module.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "verifier/module.hh"

namespace singlet::singc {

struct Compiled {
    std::optional<verifier::Module> module; // none: `messages` says why
    std::string messages;
    std::vector<std::string> files; // all that were read, as paths
};

// `path` as given on the command line; what it names by `using` is looked for under `root`.
Compiled compile(const std::string& path, const std::string& root);

std::expected<std::string, std::string> read_file(const std::string& path);

} // namespace singlet::singc
