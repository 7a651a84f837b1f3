#include "user/singc/compile.hh"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "kern/abi/signatures.hh"
#include "user/singc/check.hh"
#include "user/singc/lower.hh"
#include "user/singc/parser.hh"
#include "user/singc/registers.hh"
#include "verifier/limits.hh"
#include "verifier/verify.hh"

namespace singlet::singc {

std::expected<std::string, std::string> read_file(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return std::unexpected(path + ": this is a folder");
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                         std::fclose);
    if (!file) return std::unexpected(path + ": " + std::strerror(errno));
    std::string text;
    char buffer[65536];
    while (std::size_t n = std::fread(buffer, 1, sizeof buffer, file.get())) {
        text.append(buffer, n);
        if (text.size() > verifier::limits::kFileBytes)
            return std::unexpected(path + ": the file is too large");
    }
    return text;
}

namespace {

// One spelling for each file; that of the path itself where the system has no other, as for a pipe or a name that is too long.
std::string identity(const std::string& path) {
    std::error_code error;
    const auto canonical = std::filesystem::weakly_canonical(path, error);
    return error ? path : canonical.string();
}

class Compilation {
public:
    Compilation(std::string root, Compiled& result) : root_(std::move(root)), result_(result) {}

    void run(const std::string& path) {
        try {
            if (parse(path)) {
                declare(program_, diagnostics_);
                if (diagnostics_.count() == 0) Checker(program_, diagnostics_, environment()).run();
                if (diagnostics_.count() == 0) lower();
            }
        } catch (TooManyErrors&) {
        }
        result_.messages += diagnostics_.render();
        if (!result_.messages.empty()) result_.module.reset();
    }

private:
    static verifier::Environment environment() { return {abi::kKernelCalls}; }

    // The file and all that it names. A missing file is an error where it is named.
    bool parse(const std::string& path) {
        auto text = read_file(path);
        if (!text) {
            result_.messages = text.error() + "\n";
            return false;
        }
        result_.files.push_back(path);
        seen_.insert(identity(path));
        parse_text(path, std::move(*text));
        for (std::size_t i = 0; i < program_.tree.usings.size(); i++) {
            UsingSyntax u = program_.tree.usings[i];
            std::string full = (std::filesystem::path(root_) / u.path).lexically_normal().string();
            if (!seen_.insert(identity(full)).second) continue;
            auto included = read_file(full);
            if (!included) {
                diagnostics_.error(u.place,
                                   fmt::format("cannot read this file: {}", included.error()));
                continue;
            }
            result_.files.push_back(full);
            parse_text(u.path, std::move(*included));
        }
        return diagnostics_.count() == 0;
    }

    void parse_text(const std::string& name, std::string text) {
        std::uint32_t file = diagnostics_.add_file(name, std::move(text));
        Parser(lex(file, diagnostics_), diagnostics_, program_.tree).file();
    }

    void lower() {
        std::vector<std::string> files;
        for (std::uint32_t i = 0; i < diagnostics_.file_count(); i++)
            files.push_back(diagnostics_.file(i).name);
        ModuleBuilder builder(program_, environment());
        builder.declarations(files);
        Lowering lowering(builder, diagnostics_);
        for (Function& f : program_.functions) {
            try {
                lowering.run(f, builder.module().functions[f.index]);
            } catch (OutOfRegisters&) {
                diagnostics_.error(
                    f.place, fmt::format("`{}` needs more than {} registers: split it, or use "
                                         "fewer variables and smaller expressions",
                                         f.short_name, verifier::limits::kRegisters));
            }
        }
        if (diagnostics_.count() != 0) return;
        share_registers(builder.module(), environment());
        result_.module = std::move(builder.module());
    }

    std::string root_;
    Compiled& result_;
    Diagnostics diagnostics_;
    Program program_;
    std::set<std::string> seen_;
};

} // namespace

Compiled compile(const std::string& path, const std::string& root) {
    Compiled result;
    Compilation(root, result).run(path);
    return result;
}

} // namespace singlet::singc
