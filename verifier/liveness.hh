// Pass 4: which registers a block may still read. What is dead is left out of the states that meet at a block, so that two
// types in a register that nobody reads are no conflict. Nothing is believed because of it: a register left out is unset, and
// reading it is refused. (Owned values are never left out: fixpoint.hh.)
#pragma once

#include <array>

#include "verifier/flow.hh"

namespace singlet::verifier {

// What a module's instructions read beyond their named operands.
class Reads {
public:
    explicit Reads(const Program& program);

    // f(register) for each register that the instruction may read. The arguments of a send are counted from the longest
    // message of that number: its contract is not known before types are.
    template <class F>
    void each(const Function& function, const Instruction& i, F&& f) const {
        const OpcodeInfo& op = info(i.op);
        auto operand = [&](Role role, std::uint8_t r) {
            if (role == Role::U || role == Role::M || role == Role::X) f(r);
            if (role != Role::A) return;
            const std::size_t end = r + argument_count(i);
            for (std::size_t n = r; n < end && n < function.registers; ++n)
                f(n);
        };
        operand(op.a, i.a);
        operand(op.b, i.b);
        operand(op.c, i.c);
    }

    // Whether it writes its first operand.
    bool has_result(const Instruction& i) const;

private:
    std::size_t argument_count(const Instruction& i) const;

    const Program& program_;
    std::array<std::uint8_t, limits::kMessages> longest_message_{};
};

// Live registers at the beginning of each block; an error only if the meter runs out.
Checked<std::vector<RegisterSet>> find_liveness(const Program& program, const Reads& reads,
                                                std::size_t function, const Flow& flow,
                                                Meter& meter);

} // namespace singlet::verifier
