#include "user/singc/emit.hh"

#include <algorithm>

namespace singlet::singc {

using verifier::Instruction;
using verifier::Opcode;

Label Emitter::label() {
    blocks_.emplace_back();
    return static_cast<Label>(blocks_.size() - 1);
}

void Emitter::place(Label label) {
    if (open_) jump(label);
    blocks_[label].placed = true;
    order_.push_back(label);
    current_ = label;
    open_ = true;
}

void Emitter::emit(Opcode op, Reg a, Reg b, Reg c, std::uint32_t imm) {
    if (!open_) place(label()); // behind a jump: will be taken out
    auto byte = [](Reg r) { return static_cast<std::uint8_t>(r); };
    blocks_[current_].code.push_back({op, byte(a), byte(b), byte(c), imm});
    blocks_[current_].lines.push_back(line_);
    if (verifier::is_terminator(op)) open_ = false;
}

void Emitter::jump(Label to) { emit(Opcode::Jmp, 0, 0, 0, to); }

void Emitter::branch(Opcode op, Reg a, Label yes, Label no) {
    branches_.push_back({yes, no});
    emit(op, a, 0, 0, static_cast<std::uint32_t>(branches_.size() - 1));
}

void Emitter::switch_on(Reg value, std::vector<Label> table) {
    switches_.push_back(std::move(table));
    emit(Opcode::Switch, value, 0, 0, static_cast<std::uint32_t>(switches_.size() - 1));
}

void Emitter::select(Reg first, std::size_t count, verifier::SelectTable table) {
    std::vector<Case>& cases = selects_.emplace_back();
    for (auto& c : table.cases)
        cases.push_back({std::move(c.patterns), c.block});
    emit(Opcode::Select, 0, first, static_cast<Reg>(count),
         static_cast<std::uint32_t>(selects_.size() - 1));
}

Reg Emitter::allocate(std::size_t count) {
    Reg first = -1;
    if (high_ + count <= kFresh) {
        first = static_cast<Reg>(high_);
    } else {
        std::size_t run = 0;
        for (std::size_t r = 0; r < busy_.size() && first < 0; r++) {
            run = busy_[r] ? 0 : run + 1;
            if (run == count) first = static_cast<Reg>(r + 1 - count);
        }
        if (first < 0) throw OutOfRegisters{};
    }
    for (std::size_t i = 0; i < count; i++) {
        Reg r = first + static_cast<Reg>(i);
        busy_.set(static_cast<std::size_t>(r));
        allocated_.push_back(r);
        high_ = std::max(high_, static_cast<std::size_t>(r) + 1);
    }
    return first;
}

void Emitter::release(std::size_t mark) {
    for (; allocated_.size() > mark; allocated_.pop_back())
        busy_.reset(static_cast<std::size_t>(allocated_.back()));
}

void Emitter::targets(Block& block, const std::function<void(Label&)>& visit) {
    if (block.code.empty()) return;
    Instruction& last = block.code.back();
    switch (last.op) {
    case Opcode::Jmp:
        visit(last.imm);
        break;
    case Opcode::BrNz:
    case Opcode::BrNull:
        visit(branches_[last.imm].yes);
        visit(branches_[last.imm].no);
        break;
    case Opcode::Switch:
        for (Label& l : switches_[last.imm])
            visit(l);
        break;
    case Opcode::Select:
        for (Case& c : selects_[last.imm])
            visit(c.block);
        break;
    default:
        break;
    }
}

void Emitter::thread_jumps() {
    auto end = [&](Label l) {
        for (std::size_t steps = 0; steps < blocks_.size(); steps++) {
            const Block& b = blocks_[l];
            if (b.code.size() != 1 || b.code[0].op != Opcode::Jmp || b.code[0].imm == l) break;
            l = b.code[0].imm;
        }
        return l;
    };
    std::vector<Label> ends(blocks_.size());
    for (Label l = 0; l < blocks_.size(); l++)
        ends[l] = end(l);
    for (Block& b : blocks_)
        targets(b, [&](Label& l) { l = ends[l]; });
}

std::vector<bool> Emitter::reachable() {
    std::vector<bool> seen(blocks_.size());
    std::vector<Label> todo{order_[0]};
    seen[order_[0]] = true;
    while (!todo.empty()) {
        Label b = todo.back();
        todo.pop_back();
        targets(blocks_[b], [&](Label& l) {
            if (!seen[l]) todo.push_back(l);
            seen[l] = true;
        });
    }
    return seen;
}

// A block that ends in a jump takes in the one it jumps to, where nothing else goes there.
void Emitter::merge() {
    std::vector<std::uint32_t> entries(blocks_.size());
    std::vector<bool> alive = reachable();
    entries[order_[0]] = 1;
    for (Label l = 0; l < blocks_.size(); l++)
        if (alive[l]) targets(blocks_[l], [&](Label& t) { entries[t]++; });
    for (Label l : order_) {
        if (!alive[l]) continue;
        Block& b = blocks_[l];
        while (b.code.back().op == Opcode::Jmp) {
            Label next = b.code.back().imm;
            if (entries[next] != 1 || next == l) break;
            b.code.pop_back();
            b.lines.pop_back();
            b.code.insert(b.code.end(), blocks_[next].code.begin(), blocks_[next].code.end());
            b.lines.insert(b.lines.end(), blocks_[next].lines.begin(), blocks_[next].lines.end());
            alive[next] = false;
            blocks_[next].placed = false;
        }
    }
    std::erase_if(order_, [&](Label l) { return !alive[l]; });
}

void Emitter::finish(verifier::Function& f) {
    thread_jumps();
    merge();
    improve_loops(f.params.size());
    std::vector<std::uint16_t> number(blocks_.size());
    for (std::size_t i = 0; i < order_.size(); i++)
        number[order_[i]] = static_cast<std::uint16_t>(i);
    for (Label l : order_) {
        Block& b = blocks_[l];
        f.blocks.push_back(static_cast<std::uint32_t>(f.code.size()));
        Instruction& last = b.code.back();
        if (last.op == Opcode::Jmp) last.imm = number[last.imm];
        if (last.op == Opcode::BrNz || last.op == Opcode::BrNull) {
            TwoLabels t = branches_[last.imm];
            last.imm = static_cast<std::uint32_t>(number[t.yes]) << 16 | number[t.no];
        }
        if (last.op == Opcode::Switch) {
            auto& table = f.switches.emplace_back();
            for (Label t : switches_[last.imm])
                table.push_back(number[t]);
            last.imm = static_cast<std::uint32_t>(f.switches.size() - 1);
        }
        if (last.op == Opcode::Select) {
            auto& table = f.selects.emplace_back();
            for (Case& c : selects_[last.imm])
                table.cases.push_back({std::move(c.patterns), number[c.block]});
            last.imm = static_cast<std::uint32_t>(f.selects.size() - 1);
        }
        for (std::size_t i = 0; i < b.code.size(); i++) {
            if (f.lines.empty() || f.lines.back().line != b.lines[i])
                f.lines.push_back({static_cast<std::uint32_t>(f.code.size()), b.lines[i]});
            f.code.push_back(b.code[i]);
        }
    }
    f.registers = static_cast<std::uint16_t>(std::max<std::size_t>(high_, 1));
}

} // namespace singlet::singc
