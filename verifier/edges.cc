#include "verifier/edges.hh"

#include <algorithm>

#include "lib/core/assert.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {
namespace {

// Is every value that `from` describes also described by `to`?
bool describes(const Program& program, const Type& to, const Type& from) {
    // <since lab5>
    // An obligation is not forgotten.
    if (is_pinned(from) && (to.kind == Kind::Unset || to.kind == Kind::Conflict)) return false;
    // </since>
    // Nothing is known of a register that is Unset or in Conflict, so anything may end there.
    // <lab3:edges program, to, from else return true;>
    if (to == from || to.kind == Kind::Unset) return true;
    if (to.kind == Kind::Conflict) return from.kind != Kind::Unset;
    const bool may_be_null = to.nullable && is_reference(to.kind);
    if (from.kind == Kind::Null) return may_be_null;
    Type loosened = from;
    if (to.kind == Kind::Ref && from.kind == Kind::Ref &&
        program.subtypes.implements(from.index, to.index))
        loosened.index = to.index;
    if (may_be_null) loosened.nullable = true;
    return loosened == to;
    // </lab3:edges>
}

class EdgeCheck final : EdgeVisitor {
public:
    EdgeCheck(const Program& program, std::size_t number, const BlockStates& entry, Meter& meter,
              Registers& registers)
        : program_(program), function_(program.module.functions[number]), entry_(entry),
          current_(registers), transfer_(program, number, current_, meter) {}

    bool run() {
        // <lab3:edges else return true;>
        transfer_.enter_function();
        if (!edge(0)) return false;
        for (std::size_t block = 0; block < function_.blocks.size(); ++block)
            if (!walk(block)) return false;
        return true;
        // </lab3:edges>
    }

    const Diagnosis& diagnosis() const { return transfer_.diagnosis(); }

private:
    bool walk(std::size_t block) {
        std::ranges::copy(entry_[block], current_.begin());
        const std::uint32_t end = block_end(function_, block);
        for (std::uint32_t pc = function_.blocks[block]; pc + 1 < end; ++pc)
            if (!transfer_.step(pc)) return false;
        return transfer_.finish(end - 1, *this);
    }

    bool edge(std::uint16_t target) override {
        const std::span<const Type> expected = entry_[target];
        for (std::size_t r = 0; r < current_.size(); ++r)
            if (expected[r] != current_[r] && !describes(program_, expected[r], current_[r]))
                return transfer_.refuse(Rule::Edge, "block " + number_text(target) + " expects " +
                                                        register_text(r) + " to be " +
                                                        type_text(program_.module, expected[r]) +
                                                        ", but this edge brings " +
                                                        type_text(program_.module, current_[r]));
        return true;
    }

    const Program& program_;
    const Function& function_;
    const BlockStates& entry_;
    Registers& current_;
    Transfer transfer_;
};

} // namespace

Result check_edges(const Program& program, std::size_t number, const BlockStates& entry,
                   Meter& meter, Workspace& workspace) {
    workspace.registers.resize(program.module.functions[number].registers);
    EdgeCheck check(program, number, entry, meter, workspace.registers);
    if (!check.run()) return std::unexpected(check.diagnosis());
    return {};
}

} // namespace singlet::verifier
