#include "verifier/bench/cost.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "verifier/bench/heap.hh"
#include "verifier/compile.hh"
#include "verifier/decode.hh"
#include "verifier/encode.hh"
#include "verifier/sipv_files.hh"

namespace singlet::verifier {
namespace {

// Runs one step, and notes what it took under its name.
template <class Step>
auto counted(nlohmann::json& json, const char* name, Step step) {
    const HeapWatch heap;
    auto result = step();
    const std::size_t most = heap.most(), requests = heap.requests();
    json[name] = {{"bytes", most}, {"requests", requests}};
    return result;
}

} // namespace

void print_cost(const std::string& path) {
    const std::vector<std::uint8_t> file = encode(load(path));
    nlohmann::json json{{"file", path}, {"file_bytes", file.size()}};
    auto module = counted(json, "decode", [&] { return decode(file); });
    if (!module) give_up(kRefused, path + ": " + module.error().to_string());
    std::size_t instructions = 0;
    for (const Function& f : (*module)->functions)
        instructions += f.code.size();
    json["instructions"] = instructions;
    auto verified =
        counted(json, "verify", [&] { return verify(std::move(*module), kernel_environment()); });
    if (verified) {
        json["work"] = verified->work();
        counted(json, "compile", [&] { return compile(*verified, {}); });
    } else {
        json["refused"] = info(verified.error().rule).id;
        json["sentence"] = verified.error().sentence.size() + verified.error().frame.size();
    }
    fmt::print("{}\n", json.dump());
}

} // namespace singlet::verifier
