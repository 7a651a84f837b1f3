// The programs in verifier/testdata/rules: every rule has two that it accepts and two that it rejects, and each of these says in
// its first line with which message.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <doctest/doctest.h>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/verify.hh"

namespace fs = std::filesystem;
using namespace singlet::verifier;

namespace {

constexpr const char* kPrograms = "verifier/testdata/rules"; // tests run at the tree's root

std::string read(const fs::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::string verdict(const std::string& text, const std::string& file) {
    auto module = assemble(text, file);
    if (!module) return "cannot be assembled: " + module.error();
    auto verified = verify(*std::move(module), {singlet::abi::kKernelCalls});
    if (verified) return "accepted";
    const Diagnosis& why = verified.error();
    return "; rejects: [" + std::string(info(why.rule).id) + "] " + why.sentence;
}

// What stands in the handout under a rule's heading; empty if there is no such heading.
std::string section(const std::string& handout, const std::string& id) {
    const std::string heading = "\n### " + id + "\n";
    const std::size_t begin = handout.find(heading);
    if (begin == std::string::npos) return "";
    const std::size_t text = begin + heading.size();
    return handout.substr(text, handout.find("\n##", text) - text);
}

} // namespace

TEST_CASE("each rule's programs are accepted, or rejected with their message") {
    for (const auto& entry : fs::recursive_directory_iterator(kPrograms)) {
        if (entry.path().extension() != ".sasm") continue;
        CAPTURE(entry.path().string());
        const std::string text = read(entry.path()), name = entry.path().filename().string();
        const std::string expected =
            name.starts_with("accept-") ? "accepted" : text.substr(0, text.find('\n'));
        CHECK(verdict(text, name) == expected);
        const std::string rule = entry.path().parent_path().filename().string();
        if (name.starts_with("reject-")) CHECK(expected.starts_with("; rejects: [" + rule + "] "));
    }
}

TEST_CASE("each rule has a section in the handout: its letter, what it protects, an example") {
    const std::string handout = read("handouts/verifier.md");
    for (const RuleInfo& rule : kRules) {
        CAPTURE(rule.id);
        const std::string text = section(handout, std::string(rule.id));
        CHECK(text.starts_with(std::string(rule.letter) + ". "));
        const std::size_t example = text.find("\n\n```"), code = text.find('\n', example + 5),
                          end = text.find("\n```", code);
        REQUIRE(example != std::string::npos);
        CHECK(example > 60); // a sentence at least
        REQUIRE(end != std::string::npos);
        CHECK(end > code);
    }
}

TEST_CASE("each letter of a rule is explained") {
    const std::string handout = read("handouts/verifier.md");
    for (const RuleInfo& rule : kRules) {
        CAPTURE(rule.letter);
        CHECK(handout.find("**" + std::string(rule.letter) + "**") < handout.find("\n## Pass 1"));
    }
}

TEST_CASE("each rule has two programs of each kind") {
    std::map<std::string, int> accepted, rejected;
    for (const auto& entry : fs::recursive_directory_iterator(kPrograms)) {
        const std::string rule = entry.path().parent_path().filename().string();
        const std::string name = entry.path().filename().string();
        accepted[rule] += name.starts_with("accept-");
        rejected[rule] += name.starts_with("reject-");
    }
    for (const RuleInfo& rule : kRules) {
        const std::string id(rule.id);
        CAPTURE(id);
        if (id == "flow.edge") continue; // only a bug of ours breaks it: edges_test.cc
        CHECK(accepted[id] >= 2);
        CHECK(rejected[id] >= 2);
    }
}

TEST_CASE("each opcode stands in a program that is accepted, and is where another is rejected") {
    std::vector<bool> accepted(static_cast<std::size_t>(Opcode::kCount)), rejected(accepted);
    for (const auto& entry : fs::recursive_directory_iterator(kPrograms)) {
        if (entry.path().extension() != ".sasm") continue;
        const Module module = *assemble(read(entry.path()), "test.sasm");
        const auto verified = verify(module, {singlet::abi::kKernelCalls});
        for (const Function& f : module.functions) {
            if (verified)
                for (const Instruction& i : f.code)
                    accepted[static_cast<std::size_t>(i.op)] = true;
            else if (f.name == verified.error().function &&
                     verified.error().pc != Diagnosis::kNowhere)
                rejected[static_cast<std::size_t>(f.code[verified.error().pc].op)] = true;
        }
    }
    rejected[static_cast<std::size_t>(Opcode::Trap)] = true; // asks nothing
    for (std::size_t op = 0; op < accepted.size(); ++op) {
        CAPTURE(kOpcodes[op].text);
        CHECK(accepted[op]);
        CHECK(rejected[op]);
    }
}
