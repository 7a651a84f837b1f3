// `sipv explain`: how the verifier came to its verdict, as text for the terminal, as JSON, and as a page to step through. All three
// are made from the same record.
#pragma once

#include <optional>
#include <string>

#include "verifier/explain/record.hh"

namespace singlet::verifier::explain {

// How much of the history is kept [record.hh]: the page has to stay one that a browser opens at once.
inline constexpr std::size_t kPageFacts = 50000;
inline constexpr std::size_t kJsonFacts = 1000000;

struct Subject {
    std::string path; // of the module's file, as it was given
    const Module& module;
    std::optional<std::size_t> function; // the one that was asked for, or all
};

std::string text(const Subject& subject, const Report& report); // [text.cc]
std::string json(const Subject& subject, const Report& report); // [json.cc]
std::string page(const Subject& subject, const Report& report); // [page.cc] HTML

// ---- what they have in common [words.cc]

// "accepted", "refused", or "not looked at": the verifier ends at the first refusal.
std::string_view verdict(const Report& report, const FunctionRecord* record);
// "main(str, i32) -> i32"
std::string signature(const Module& module, const Function& function);
// "owned", "lent" or "": who has to give the value away.
std::string_view ownership(const Type& type);
// What the register numbers of a field or message stand for, given the types before the instruction: "Point.x", "Disk.Read".
std::string meaning(const Module& module, const Instruction& instruction,
                    std::span<const Type> registers);
// The blocks from which control comes to each block; the first block's caller is not among them.
std::vector<std::vector<std::uint16_t>> predecessors(const Function& function);

} // namespace singlet::verifier::explain
