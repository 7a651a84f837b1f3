// Pass 4: which registers a block may still read. What is dead is left out of the states that meet at a block, so that two
// types in a register that nobody reads are no conflict. Nothing is believed because of it: a register left out is unset, and
// reading it is refused. (Owned values are never left out: fixpoint.hh.)
#pragma once

#include <array>

#include "verifier/flow.hh"

namespace singlet::verifier {

// Which fields of an instruction are registers that it reads, by its opcode, and whether it writes the first of them.
struct FieldReads {
    bool a, b, c;
    bool arguments_at_b, arguments_at_c; // the first of several
    bool writes_a;
};

inline constexpr auto kFieldReads = [] {
    std::array<FieldReads, static_cast<std::size_t>(Opcode::kCount)> reads{};
    auto read = [](Role r) { return r == Role::U || r == Role::M || r == Role::X; };
    for (std::size_t n = 0; n < reads.size(); ++n) {
        const OpcodeInfo& op = kOpcodes[n];
        reads[n] = {read(op.a),      read(op.b),      read(op.c),
                    op.b == Role::A, op.c == Role::A, op.a == Role::D};
    }
    return reads;
}();

// What a module's instructions read beyond their named operands.
class Reads {
public:
    explicit Reads(const Program& program);

    // f(register) for each register that the instruction may read.
    // <since lab6>
    // The arguments of a send are counted from the longest message of that number: its contract is not known before types are.
    // </since>
    template <class F>
    void each(const Function& function, const Instruction& i, F&& f) const {
        const FieldReads reads = kFieldReads[static_cast<std::uint8_t>(i.op)];
        if (reads.a) f(i.a);
        if (reads.b) f(i.b);
        if (reads.c) f(i.c);
        if (!reads.arguments_at_b && !reads.arguments_at_c) return;
        const std::size_t first = reads.arguments_at_b ? i.b : i.c;
        const std::size_t end = first + argument_count(i);
        for (std::size_t n = first; n < end && n < function.registers; ++n)
            f(n);
    }

    // Whether it writes its first operand.
    bool has_result(const Instruction& i) const {
        if (i.op == Opcode::Call || i.op == Opcode::CallI || i.op == Opcode::CallK)
            return call_has_result(i);
        return kFieldReads[static_cast<std::uint8_t>(i.op)].writes_a;
    }

private:
    bool call_has_result(const Instruction& i) const;
    std::size_t argument_count(const Instruction& i) const;

    const Program& program_;
    // <since lab6>
    std::array<std::uint8_t, limits::kMessages> longest_message_{};
    // </since>
};

// Live registers at the beginning of each block; an error only if the meter runs out.
Checked<std::vector<RegisterSet>> find_liveness(const Program& program, const Reads& reads,
                                                std::size_t function, const Flow& flow,
                                                Meter& meter, Workspace& workspace);

} // namespace singlet::verifier
