// Jumps, branches, returns. What follows in the layout needs no jump; a jump back to a small loop test
// becomes a copy of that test, so that a loop costs one branch a turn.
#include "verifier/x86/lower.hh"

#include <algorithm>

namespace singlet::verifier::x86 {

void Lowering::go_to(std::uint16_t block) {
    if (block != next_) as_.jmp(block_labels_[webs_.position(block)]);
}

void Lowering::branch(Cc cc, std::uint16_t if_true, std::uint16_t if_false) {
    give_back();
    if (if_true == if_false) return go_to(if_true);
    if (if_true == next_) {
        cc = invert(cc);
        std::swap(if_true, if_false);
    }
    as_.jcc(cc, block_labels_[webs_.position(if_true)]);
    go_to(if_false);
}

bool Lowering::worth_repeating(const Block& block) const {
    if (block.end - block.begin > 6) return false;
    auto last = function_->code[block.end - 1].op;
    if (last != Opcode::BrNz && last != Opcode::BrNull) return false;
    for (auto pc = block.begin; pc < block.end; ++pc)
        switch (function_->code[pc].op) {
        case Opcode::Mov:
        case Opcode::LdI:
        case Opcode::Alu:
        case Opcode::AluI:
        case Opcode::Cmp:
        case Opcode::CmpI:
        case Opcode::Len:
        case Opcode::LdElem:
        case Opcode::LdFld:
        case Opcode::BrNz:
        case Opcode::BrNull:
            break;
        default:
            return false;
        }
    return true;
}

void Lowering::jump(const Instruction& i) {
    auto to = webs_.position(static_cast<std::uint16_t>(i.imm));
    const auto& block = webs_.blocks()[to];
    bool is_back = block.at <= number_;
    if (repeating_ || !is_back || !worth_repeating(block))
        return go_to(static_cast<std::uint16_t>(i.imm));
    repeating_ = repeated_ = true;
    emit_instructions(block);
    repeating_ = false;
}

void Lowering::branch_on_value(const Instruction& i) {
    if (has_pending_) {
        has_pending_ = false;
        return branch(pending_, i.true_block(), i.false_block());
    }
    auto a = value(i.a);
    if (a.is_number()) return go_to(a.disp != 0 ? i.true_block() : i.false_block());
    auto cc = compare(Condition::Ne, a, Operand::constant(0));
    branch(cc, i.true_block(), i.false_block());
}

void Lowering::branch_on_null(const Instruction& i) {
    auto a = value(i.a);
    if (a.is_constant())
        return go_to(a.is_number() && a.disp == 0 ? i.true_block() : i.false_block());
    branch(compare(Condition::Eq, a, Operand::constant(0)), i.true_block(), i.false_block());
}

// Jumps to `yes` if the object is of class `cls` or implements it, falls through otherwise.
void Lowering::test_class(Reg object, std::uint32_t cls, Label yes) {
    auto test = [&](std::uint32_t c) {
        as_.alu(Op::Cmp, Operand::memory(object, 0),
                Operand::constant(0, builder_.class_descriptor(c)));
        as_.jcc(Cc::E, yes);
    };
    if (!module_.classes[cls].is_interface) return test(cls);
    for (auto c : builder_.implementers(cls))
        test(c);
}

void Lowering::branch_on_class(const Instruction& i) {
    Label yes = as_.label(), no = as_.label();
    auto from = value(i.a);
    auto object = in_register(from);
    if (type(i.a).nullable || type(i.a).kind == Kind::Null) {
        as_.test(object, object);
        as_.jcc(Cc::E, no);
    }
    test_class(object, i.c, yes);
    auto next = next_;
    next_ = kNoBlock;
    as_.bind(no);
    auto taken = borrowed_; // both ways put the registers back
    auto order = borrow_order_[0];
    give_back();
    go_to(i.false_block());
    borrowed_ = taken, borrow_order_[0] = order;
    next_ = next;
    as_.bind(yes);
    give_back();
    // The object under its new name, which is the true block's.
    auto to_web = webs_.at_entry(webs_.blocks()[webs_.position(i.true_block())], i.b);
    if (to_web != kNoWeb) {
        auto to = place(to_web);
        if (to.is_memory() && from.is_memory()) {
            if (!(to == from)) as_.push(from), as_.pop(to);
        } else {
            as_.mov(to, from);
        }
    }
    go_to(i.true_block());
}

// A table of the cases in the image's data, as an operand indexed by the selector.
Operand Lowering::table_entry(Reg selector, std::span<const Label> cases) {
    auto entry = Operand::absolute(ImageBuilder::data(builder_.data_size()));
    for (auto label : cases) {
        tables_.push_back({builder_.data_size(), label});
        builder_.data_word(0);
    }
    entry.index = static_cast<std::uint8_t>(selector);
    entry.scale = 2;
    return entry;
}

void Lowering::jump_through(Reg selector, std::span<const Label> cases) {
    as_.jmp(table_entry(selector, cases));
}

void Lowering::switch_on(const Instruction& i) {
    const auto& table = function_->switches[i.imm];
    auto last = static_cast<std::int32_t>(table.size() - 1);
    auto selector = value(i.a);
    std::vector<Label> cases;
    for (auto block : table)
        cases.push_back(block_labels_[webs_.position(block)]);
    if (selector.is_constant()) {
        auto k = static_cast<std::uint32_t>(selector.disp);
        return go_to(table[std::min<std::size_t>(k, table.size() - 1)]);
    }
    if (cases.size() <= 5) {
        for (std::int32_t k = 0; k < last; ++k) {
            as_.alu(Op::Cmp, selector, Operand::constant(k));
            as_.jcc(Cc::E, cases[static_cast<std::size_t>(k)]);
        }
        return go_to(table.back());
    }
    as_.alu(Op::Cmp, selector, Operand::constant(last));
    as_.jcc(Cc::AE, cases.back());
    cases.pop_back();
    auto reg = in_register(selector);
    if (borrowed_ == 0) return jump_through(reg, cases);
    // The borrowed register is given back before the jump, which goes through memory.
    as_.mov(reg, table_entry(reg, cases));
    auto target = frame(outgoing_ + 2);
    as_.mov(target, reg);
    give_back();
    as_.jmp(target);
}

void Lowering::return_value(const Instruction& i) {
    if (i.op == Opcode::Ret) {
        if (is_wide(i.a))
            load_pair(i.a);
        else
            as_.mov(Reg::EAX, value(i.a));
    }
    epilogue();
}

void Lowering::explicit_trap(const Instruction& i) {
    as_.push(Operand::constant(static_cast<std::int32_t>(i.imm)));
    as_.push(Operand::constant(static_cast<std::int32_t>(rt::TrapReason::Explicit)));
    as_.call(ImageBuilder::helper(Helper::Trap));
}

} // namespace singlet::verifier::x86
