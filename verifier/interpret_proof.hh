// The proof, instruction by instruction: the types of all registers before each, found again from those at the beginning of
// the block when that is first entered.
#pragma once

#include <span>
#include <vector>

#include "verifier/interpret.hh"

namespace singlet::verifier {

class ProvenTypes {
public:
    explicit ProvenTypes(const Proof& proof);

    // The types of the function's registers before the instruction; none where the proof does not lead to it, because an
    // instruction above refuses what it is given.
    std::span<const Type> before(std::size_t function, std::uint32_t pc) {
        const auto& known = functions_[function];
        if (known.empty() || known[pc].empty()) walk(function, pc);
        return functions_[function][pc];
    }

private:
    void walk(std::size_t function, std::uint32_t pc); // the block that pc is in

    const Proof& proof_;
    std::vector<std::vector<Registers>> functions_; // before each instruction; empty: not yet known
};

} // namespace singlet::verifier
