// The rules of terminators but select: what they ask, what an edge knows that the block did not, and what must be settled
// when a function returns.
#include "lib/core/assert.hh"
#include "verifier/flow.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {

bool Transfer::finish(std::uint32_t pc, EdgeVisitor& visitor) {
    pc_ = pc;
    if (trace_) trace_->remember(registers_);
    const Instruction& i = function_.code[pc];
    switch (i.op) {
    case Opcode::Jmp:
        return branch(i, visitor);
    case Opcode::BrNz:
    case Opcode::Switch:
        return i32(i.a) && branch(i, visitor);
    case Opcode::BrNull:
        return reference(i.a) && branch_null(i, visitor);
    case Opcode::BrIs:
        return object(i.a) && branch_is(i, visitor);
    case Opcode::Select:
        return select(i, visitor);
    case Opcode::Ret:
    case Opcode::RetVoid:
        return returns(i);
    case Opcode::Trap:
        return true;
    default:
        break;
    }
    ASSERT(!"an opcode that ends a block"); // check_flow
}

void Transfer::change(std::size_t r, Type type) {
    undo_.push_back(
        {static_cast<std::uint8_t>(r), registers_[r], trace_ ? trace_->origins[r] : kNoOrigin});
    write(r, type);
}

bool Transfer::show(std::uint16_t target, EdgeVisitor& visitor) {
    const bool go_on = visitor.edge(target);
    for (; !undo_.empty(); undo_.pop_back()) {
        registers_[undo_.back().reg] = undo_.back().type;
        if (trace_) trace_->origins[undo_.back().reg] = undo_.back().origin;
    }
    return go_on;
}

bool Transfer::branch(const Instruction& i, EdgeVisitor& visitor) {
    const std::size_t count = successor_count(function_, i);
    for (std::size_t s = 0; s < count; ++s)
        if (!visitor.edge(successor(function_, i, s))) return false;
    return true;
}

// One edge knows that it is null, and an owned value that is null owes nothing; the other knows that it is not. A borrowed
// endpoint or set is never null, so nothing is learnt.
bool Transfer::branch_null(const Instruction& i, EdgeVisitor& visitor) {
    const Type type = registers_[i.a];
    const bool learns = type.kind != Kind::Null && !(is_pinned(type) && type.lent);
    if (learns) change(i.a, {.kind = Kind::Null});
    if (!show(i.true_block(), visitor)) return false;
    if (learns && type.nullable) {
        Type sure = type;
        sure.nullable = false;
        const Origin origin = trace_ ? trace_->origins[i.a] : kNoOrigin;
        change(i.a, sure);
        if (trace_) trace_->origins[i.a] = origin;
    }
    return show(i.false_block(), visitor);
}

bool Transfer::branch_is(const Instruction& i, EdgeVisitor& visitor) {
    if (!free_to_write(i.b)) return false;
    change(i.b, {.kind = Kind::Ref, .index = i.c});
    return show(i.true_block(), visitor) && show(i.false_block(), visitor);
}

bool Transfer::returns(const Instruction& i) {
    const Type wanted = module_.types[function_.result];
    if ((wanted.kind == Kind::Void) != (i.op == Opcode::RetVoid))
        return refuse(Rule::Return,
                      wanted.kind == Kind::Void
                          ? "ret returns a value, but " + function_.name + " has no result"
                          : "retv returns nothing, but " + function_.name + " must return " +
                                type_text(module_, wanted));
    if (i.op == Opcode::Ret) {
        const Type& value = registers_[i.a];
        if (value.kind == Kind::Unset || value.kind == Kind::Conflict)
            return wrong(i.a, type_text(module_, wanted));
        const bool lent = value.lent && same_thing(value, wanted);
        if (!lent && !fits(program_, value, wanted))
            return refuse(Rule::Return, function_.name + " must return " +
                                            type_text(module_, wanted) + ", but " + found(i.a));
        if (!claim(i.a, wanted)) return false;
    }
    return nothing_left() && borrowed_back();
}

bool Transfer::nothing_left() {
    for (std::size_t r = 0; r < registers_.size(); ++r)
        if (is_owned(registers_[r]))
            return refuse(Rule::OwnedLost, name() + " must not leave an owned value behind, but " +
                                               found(r) + ": give it away or free it first");
    return true;
}

// No register ever holds a second copy, so each borrowed endpoint or set is in one place, or pass 6 was given states that forget
// it. A closed endpoint stands for any state: whatever the lender does next, it may find the channel closed.
bool Transfer::borrowed_back() {
    for (std::size_t p = 0; p < function_.params.size(); ++p) {
        const Type declared = module_.types[function_.params[p]];
        if (!declared.lent || !is_pinned(declared)) continue;
        std::size_t r = 0;
        while (r < registers_.size() && !(is_pinned(registers_[r]) && registers_[r].lent == p + 1))
            ++r;
        const std::string what =
            "parameter " + number_text(p) + " must be back as " + type_text(module_, declared);
        if (r == registers_.size())
            return refuse(Rule::LentState, name() + ": " + what + ", but no register holds it");
        if (registers_[r].state != declared.state && registers_[r].state != kClosedState)
            return refuse(Rule::LentState, name() + ": " + what + ", but " + found(r));
    }
    return true;
}

} // namespace singlet::verifier
