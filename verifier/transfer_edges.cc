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
    const Instruction& i = function_->code[pc];
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
        // <since lab6 = return refuse(Rule::Encoding, name() + " has no rule yet");>
        return select(i, visitor);
        // </since>
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

// It is the same value, so it comes from where it came from.
void Transfer::change_to_sure(std::size_t r) {
    const Origin origin = trace_ ? trace_->origins[r] : kNoOrigin;
    Type sure = registers_[r];
    sure.nullable = false;
    change(r, sure);
    if (trace_) trace_->origins[r] = origin;
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
    const std::size_t count = successor_count(*function_, i);
    for (std::size_t s = 0; s < count; ++s)
        if (!visitor.edge(successor(*function_, i, s))) return false;
    return true;
}

// <since lab5>
// An owned value that is null owes nothing. A borrowed endpoint or set is never null, so nothing is learnt.
// </since>
bool Transfer::branch_null(const Instruction& i, EdgeVisitor& visitor) {
    const Type type = registers_[i.a];
    bool learns = type.kind != Kind::Null;
    // <since lab5>
    learns = learns && !(is_pinned(type) && type.lent);
    // </since>
    // One edge knows that it is null; the other knows that it is not.
    // <lab3:transfer learns, visitor>
    if (learns) change(i.a, {.kind = Kind::Null});
    if (!show(i.true_block(), visitor)) return false;
    if (learns && type.nullable) change_to_sure(i.a);
    return show(i.false_block(), visitor);
    // </lab3:transfer>
}

bool Transfer::branch_is(const Instruction& i, EdgeVisitor& visitor) {
    // <since lab5>
    if (!free_to_write(i.b)) return false;
    // </since>
    change(i.b, {.kind = Kind::Ref, .index = i.c});
    return show(i.true_block(), visitor) && show(i.false_block(), visitor);
}

bool Transfer::returns(const Instruction& i) {
    const Type wanted = module_.types[function_->result];
    if ((wanted.kind == Kind::Void) != (i.op == Opcode::RetVoid))
        return refuse(Rule::Return,
                      wanted.kind == Kind::Void
                          ? "ret returns a value, but " + function_->name + " has no result"
                          : "retv returns nothing, but " + function_->name + " must return " +
                                type_text(module_, wanted));
    if (i.op == Opcode::Ret) {
        const Type& value = registers_[i.a];
        if (value.kind == Kind::Unset || value.kind == Kind::Conflict)
            return wrong(i.a, type_text(module_, wanted));
        const bool lent = value.lent && same_thing(value, wanted);
        if (!lent && !fits(program_, value, wanted))
            return refuse(Rule::Return, function_->name + " must return " +
                                            type_text(module_, wanted) + ", but " + found(i.a));
        // <since lab5>
        if (!claim(i.a, wanted)) return false;
        // </since>
    }
    // <since lab5>
    if (!nothing_left()) return false;
    // </since>
    // <since lab6>
    if (!borrowed_back()) return false;
    // </since>
    return true;
}

} // namespace singlet::verifier
