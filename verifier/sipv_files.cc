#include "verifier/sipv_files.hh"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/decode.hh"
#include "verifier/format.hh"
#include "verifier/limits.hh"

namespace singlet::verifier {

void give_up(ExitStatus status, const std::string& sentence) {
    std::fflush(stdout);
    fmt::print(stderr, "{}\n", sentence);
    std::exit(status);
}

namespace {

std::string read_all(const std::string& path) {
    struct stat info{};
    if (stat(path.c_str(), &info) != 0)
        give_up(kUsage, fmt::format("sipv: cannot read {}: {}", path, std::strerror(errno)));
    if (S_ISDIR(info.st_mode)) give_up(kUsage, fmt::format("sipv: {} is a folder", path));
    std::ifstream in(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    if (!in) {
        if (info.st_size == 0) give_up(kRefused, fmt::format("sipv: {} is empty", path));
        give_up(kUsage, fmt::format("sipv: cannot read {}: {}", path, std::strerror(errno)));
    }
    return std::move(bytes).str();
}

} // namespace

BoundedModule load(const std::string& path) {
    const std::string file = read_all(path);
    if (file.empty()) give_up(kRefused, fmt::format("sipv: {} is empty", path));
    std::uint32_t magic = 0;
    std::memcpy(&magic, file.data(), std::min(file.size(), sizeof magic));
    const bool text = path.ends_with(".sasm") && magic != format::kMagic;
    if (!text) {
        auto module = decode({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()});
        if (!module) give_up(kRefused, fmt::format("{}: {}", path, module.error().to_string()));
        return std::move(*module);
    }
    if (file.size() > 16 * limits::kFileBytes)
        give_up(kRefused, fmt::format("sipv: {} is too large to be a program", path));
    auto module = assemble(file, path);
    if (!module) give_up(kRefused, module.error());
    auto bounded = BoundedModule::create(*std::move(module));
    if (!bounded) {
        const bool named = bounded.error().source == path;
        give_up(kRefused, (named ? "" : path + ": ") + bounded.error().to_string());
    }
    return *std::move(bounded);
}

void save(const std::string& path, std::span<const std::uint8_t> bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) give_up(kUsage, fmt::format("sipv: cannot write {}: {}", path, std::strerror(errno)));
}

Environment kernel_environment() { return {abi::kKernelCalls}; }

} // namespace singlet::verifier
