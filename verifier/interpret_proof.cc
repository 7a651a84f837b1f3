// Values against types. Where the proof says nothing of a register (Unset, Conflict) it may hold anything but what somebody
// is answerable for. What is owned has one owner: that is seen by counting all owners, which is done as often as it costs no
// more than a few instructions each.
#include "verifier/interpret_proof.hh"

#include "verifier/flow.hh"
#include "verifier/interpret_machine.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {

Proof proof_of(const Verified& verified) {
    Proof proof{verified.program(), {}};
    for (std::size_t f = 0; f < verified.module().functions.size(); ++f)
        proof.entry.push_back(&verified.facts(f).entry);
    return proof;
}

ProvenTypes::ProvenTypes(const Proof& proof)
    : proof_(proof), functions_(proof.program.module.functions.size()) {}

void ProvenTypes::walk(std::size_t function, std::uint32_t pc) {
    const Function& f = proof_.program.module.functions[function];
    auto& known = functions_[function];
    known.resize(f.code.size());
    const std::uint16_t block = block_of(f, pc);
    const std::span<const Type> entry = (*proof_.entry[function])[block];
    Registers registers(entry.begin(), entry.end());
    Meter meter(0); // only select uses it, and that is a terminator
    Transfer transfer(proof_.program, function, registers, meter);
    for (std::uint32_t at = f.blocks[block], end = block_end(f, block); at < end; ++at) {
        known[at] = registers;
        if (at + 1 < end && !transfer.step(at)) return;
    }
}

bool Machine::is_parameter(const Value& v, std::size_t number) const {
    for (std::size_t n = frame_.lent; n < lent_.size(); n++)
        if (lent_[n].parameter == number) return lent_[n].thing == v.thing;
    return false;
}

bool Machine::agrees(const Value& v, const Type& type) const {
    switch (type.kind) {
    case Kind::Unset:
    case Kind::Conflict:
        return !v.moves();
    case Kind::Null:
        return v.kind == Kind::Null;
    case Kind::I32:
        return v.kind == Kind::I32 && v.number == static_cast<std::int32_t>(v.number);
    case Kind::Endpoint:
    case Kind::Set: // one that is lent is known by its parameter
        return fits(m_, v, type) && (!type.lent || is_parameter(v, type.lent - 1u));
    default:
        return fits(m_, v, type);
    }
}

// Each thing has one owner, and what is lent is owned by a register of a caller.
bool Machine::owners_agree() {
    const std::span<const Value> all = stack_;
    std::string wrong = heap_.account(stacks().all());
    next_account_ = outcome_.steps + (all.size() + heap_.size()) / 4;
    for (std::size_t n = frame_.base; n < all.size() && wrong.empty(); n++) {
        const Value& v = all[n];
        if (!v.linear() || !v.lent) continue;
        if (v.thing->generation != v.generation) wrong = "what was lent is freed";
        if (v.thing->holder >= frame_.base) wrong = "what was lent is not owned by a caller";
    }
    if (wrong.empty()) return true;
    end(Outcome::What::Mismatch, wrong);
    return false;
}

bool Machine::as_proven() {
    const auto function = static_cast<std::size_t>(frame_.function - m_.functions.data());
    const std::span<const Type> types = types_->before(function, frame_.pc);
    if (types.empty()) {
        end(Outcome::What::Mismatch, "the proof does not lead to the next instruction");
        return false;
    }
    for (std::size_t r = 0; r < types.size(); r++) {
        const Value& v = stack_[frame_.base + r];
        if (agrees(v, types[r])) continue;
        frame_.pc++; // the place is that of the instruction before which this is
        end(Outcome::What::Mismatch, "r" + std::to_string(r) + " holds " + describe(v) +
                                         ", but the proof says " + type_text(m_, types[r]));
        return false;
    }
    return outcome_.steps < next_account_ || owners_agree();
}

} // namespace singlet::verifier
