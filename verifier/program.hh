// What the passes over functions look things up in: the module, which pass 2 has found to make sense, and what pass 2
// made of it.
#pragma once

#include "verifier/verify.hh"

namespace singlet::verifier {

struct Program {
    const Module& module;
    const Subtypes& subtypes;
    const Environment& environment;
    const std::vector<std::uint16_t>& kernel_calls; // of each import: its number in the environment
    // <since lab6>
    const std::vector<ContractFacts>& contracts;
    // </since>

    const KernelCall& kernel_call(std::size_t import) const {
        return environment.kernel_calls[kernel_calls[import]];
    }
};

// The result of a pass that has nothing to hand on.
using Result = Checked<void>;

// A refusal that is not about an instruction.
inline std::unexpected<Diagnosis> refuse(Rule rule, std::string sentence) {
    return std::unexpected(
        Diagnosis{.rule = rule, .function = {}, .sentence = std::move(sentence), .frame = {}});
}

// Counts work down from its allowance; false once that is used up.
class Meter {
public:
    explicit Meter(std::uint64_t allowance) : allowance_(allowance), left_(allowance) {}
    bool spend(std::uint64_t work) {
        if (work > left_) return false;
        left_ -= work;
        return true;
    }
    std::uint64_t spent() const { return allowance_ - left_; }

private:
    std::uint64_t allowance_, left_;
};

} // namespace singlet::verifier
