// singc: Sing to bytecode. What it makes is verified before it is written, for its author's sake; the kernel does not rely on
// that and verifies again.
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "kern/abi/signatures.hh"
#include "user/singc/compile.hh"
#include "verifier/decode.hh"
#include "verifier/dis.hh"
#include "verifier/encode.hh"
#include "verifier/verify.hh"

namespace {

using namespace singlet;

bool write_file(const std::string& path, std::string_view bytes) {
    std::error_code error;
    auto folder = std::filesystem::path(path).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    std::FILE* file = std::fopen(path.c_str(), "wb");
    bool written = file && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    if (file) written = std::fclose(file) == 0 && written;
    if (!written) fmt::print(stderr, "singc: cannot write {}\n", path);
    return written;
}

// A rule for make: the output depends on every file that was read; each is a target of its own, so that one that goes away
// does not stop the build.
std::string dependencies(const std::string& output, const std::vector<std::string>& files) {
    std::string text = output + ":";
    for (const std::string& f : files)
        text += " \\\n  " + f;
    text += "\n";
    for (std::size_t i = 1; i < files.size(); i++)
        text += files[i] + ":\n";
    return text;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"Compiles Sing to bytecode."};
    std::string input, output, root = ".", depfile;
    bool sasm = false, unverified = false;
    app.add_option("file", input, "the .sing file with the sip block")->required();
    app.add_option("-o", output, "where the bytecode goes (without it, the file is only checked)");
    app.add_option("-I", root, "the root of the paths in `using`");
    app.add_flag("--sasm", sasm, "write the bytecode as text");
    app.add_option("--MD", depfile, "write a rule for make with all files that were read");
    app.add_flag("--unverified", unverified, "write it even if the verifier refuses it");
    // CLI11 knows no long option with one dash.
    std::vector<std::string> arguments;
    for (int i = argc - 1; i > 0; i--)
        arguments.push_back(std::string_view(argv[i]) == "-MD" ? "--MD" : argv[i]);
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }

    singc::Compiled compiled = singc::compile(input, root);
    if (!compiled.messages.empty()) fmt::print(stderr, "{}", compiled.messages);
    if (!compiled.module) return 1;
    const auto module = verifier::BoundedModule::create(*std::move(compiled.module));
    if (!module) {
        fmt::print(stderr, "{}: error: {}\n", input, module.error().to_string());
        return 1;
    }
    int status = 0;
    if (auto verified = verifier::verify(*module, {abi::kKernelCalls}); !verified) {
        fmt::print(stderr, "{}: error: singc made what the verifier refuses: {}\n", input,
                   verified.error().to_string());
        if (!unverified) return 1;
        status = 1;
    }
    if (!depfile.empty() && !write_file(depfile, dependencies(output, compiled.files))) return 1;
    if (output.empty() && !sasm) return status;
    std::string bytes;
    if (sasm) {
        bytes = verifier::disassemble(*module);
    } else {
        auto encoded = verifier::encode(*module);
        bytes.assign(encoded.begin(), encoded.end());
    }
    if (output.empty())
        fmt::print("{}", bytes);
    else if (!write_file(output, bytes))
        return 1;
    return status;
}
