#include "user/singc/lower.hh"

#include <algorithm>

namespace singlet::singc {

using verifier::Opcode;
using verifier::SelectTable;

void Lowering::run(Function& f, verifier::Function& to) {
    emitter_ = {};
    jumps_.clear();
    traps_.clear();
    emitter_.line(diagnostics_.line(f.place));
    emitter_.place(emitter_.label());
    std::size_t params = f.params.size() + (f.owner >= 0);
    for (std::size_t i = 0; i < params; i++)
        f.variables[i].reg = emitter_.allocate();
    Stmt& body = *f.syntax->body;
    block(body);
    emitter_.line(diagnostics_.line(body.end));
    if (emitter_.open()) { // the checker knows that a function with a result does not come here
        if (f.result == kVoidType)
            emit(Opcode::RetVoid);
        else
            emit(Opcode::Trap, 0, 0, 0, kTrapUnset);
    }
    for (auto [label, number] : traps_) {
        emitter_.place(label);
        emit(Opcode::Trap, 0, 0, 0, number);
    }
    emitter_.finish(to);
}

Reg Lowering::variable(Variable* v) {
    if (v->reg < 0) v->reg = emitter_.allocate();
    return v->reg;
}

void Lowering::block(Stmt& s) {
    std::size_t mark = emitter_.mark();
    for (StmtPtr& x : s.body) {
        if (!x->reached) break;
        statement(*x);
    }
    emitter_.release(mark);
}

void Lowering::statement(Stmt& s) {
    if (!s.reached) return;
    emitter_.line(diagnostics_.line(s.place));
    std::size_t mark = emitter_.mark();
    switch (s.kind) {
    case StmtKind::Empty:
        break;
    case StmtKind::Block:
        block(s);
        break;
    case StmtKind::Declare:
        return declaration(s);
    case StmtKind::Expression:
        effect(*s.exprs[0]);
        if (s.exprs[0]->assigns) return; // may have declared variables
        break;
    case StmtKind::If:
        if_statement(s);
        break;
    case StmtKind::While:
        while_loop(s);
        break;
    case StmtKind::Do:
        do_loop(s);
        break;
    case StmtKind::For:
        for_loop(s);
        break;
    case StmtKind::Foreach:
        foreach_loop(s);
        break;
    case StmtKind::Switch:
        switch_statement(s);
        break;
    case StmtKind::Break:
        emitter_.jump(jumps_.back().on_break);
        break;
    case StmtKind::Continue:
        for (std::size_t i = jumps_.size(); i-- > 0;)
            if (jumps_[i].loop) {
                emitter_.jump(jumps_[i].on_continue);
                break;
            }
        break;
    case StmtKind::Return:
        if (s.exprs.empty())
            emit(Opcode::RetVoid);
        else
            emit(Opcode::Ret, value(*s.exprs[0]));
        break;
    case StmtKind::Delete:
        if (s.exprs[0]->type != kNullType) emit(Opcode::Free, value(*s.exprs[0]));
        break;
    case StmtKind::Receive:
        receive(s);
        break;
    case StmtKind::Assert: {
        Label yes = emitter_.label(), no = emitter_.label();
        condition(*s.exprs[0], yes, no);
        emitter_.place(no);
        emit(Opcode::Trap, 0, 0, 0, diagnostics_.line(s.place));
        emitter_.place(yes);
        break;
    }
    case StmtKind::Trap:
        emit(Opcode::Trap, 0, 0, 0, static_cast<std::uint32_t>(s.exprs[0]->value));
        break;
    case StmtKind::Swap: {
        Expr& field = *s.exprs[0];
        Reg object = value(field.kid(0));
        emit(Opcode::XSwap, variable(s.exprs[1]->variable), object, 0, field.index);
        break;
    }
    case StmtKind::Recv:
        return recv(s);
    }
    emitter_.release(mark);
}

void Lowering::declaration(Stmt& s) {
    for (Declarator& d : s.declarators) {
        Reg r = variable(d.variable);
        if (!d.value) continue;
        std::size_t mark = emitter_.mark();
        value(*d.value, r);
        if (!d.value->assigns) emitter_.release(mark);
    }
}

// An expression for what it does.
void Lowering::effect(Expr& e) {
    if (e.kind == ExprKind::Assign)
        assign(e, kNone, false);
    else if (e.kind == ExprKind::Increment)
        increment(e, kNone, false);
    else
        value(e, kNone, Null::Allowed);
}

void Lowering::if_statement(Stmt& s) {
    Label yes = emitter_.label(), no = emitter_.label();
    bool has_else = s.body.size() > 1;
    if (!has_else && add_if(*s.exprs[0], *s.body[0])) return;
    Label end = has_else ? emitter_.label() : no;
    condition(*s.exprs[0], yes, no);
    emitter_.place(yes);
    statement(*s.body[0]);
    if (has_else) {
        if (emitter_.open()) emitter_.jump(end);
        emitter_.place(no);
        statement(*s.body[1]);
    }
    emitter_.place(end);
}

// Several operands stand in consecutive registers. An endpoint is moved there and back, never copied: what is known of its state
// goes with the register.
void Lowering::receive(Stmt& s) {
    Reg first = s.operands[0]->reg;
    bool in_place = true;
    for (std::size_t i = 0; i < s.operands.size(); i++)
        in_place = in_place && s.operands[i]->reg == first + static_cast<Reg>(i);
    if (!in_place) {
        first = emitter_.allocate(s.operands.size());
        for (std::size_t i = 0; i < s.operands.size(); i++)
            emit(Opcode::Mov, first + static_cast<Reg>(i), s.operands[i]->reg);
    }
    Label end = emitter_.label();
    SelectTable table;
    std::vector<Label> labels;
    for (ReceiveCase& c : s.receives) {
        labels.push_back(emitter_.label());
        SelectTable::Case& to = table.cases.emplace_back();
        // Labels of a function are far fewer than what fits (limits::kBlocks); the emitter keeps them apart from patterns.
        to.block = static_cast<std::uint16_t>(labels.back());
        for (Pattern& p : c.patterns) {
            Reg base = p.bindings.empty() ? 0 : emitter_.allocate(p.bindings.size());
            for (std::size_t i = 0; i < p.bindings.size(); i++)
                p.bindings[i].variable->reg = base + static_cast<Reg>(i);
            to.patterns.push_back({static_cast<std::uint8_t>(p.operand), p.message_index,
                                   static_cast<std::uint8_t>(base)});
        }
    }
    emitter_.select(first, s.operands.size(), std::move(table));
    for (std::size_t n = 0; n < s.receives.size(); n++) {
        emitter_.place(labels[n]);
        emitter_.line(diagnostics_.line(s.receives[n].place));
        if (!in_place)
            for (std::size_t i = 0; i < s.operands.size(); i++)
                emit(Opcode::Mov, s.operands[i]->reg, first + static_cast<Reg>(i));
        body(*s.receives[n].body, end, 0, false);
        if (emitter_.open()) emitter_.jump(end);
    }
    emitter_.place(end);
}

// ep.RecvX(out a) else statement, or without else: a trap.
void Lowering::recv(Stmt& s) {
    Expr& e = *s.exprs[0];
    Label got = emitter_.label(), closed = emitter_.label();
    Label end = emitter_.label();
    if (s.body.empty()) traps_.emplace_back(closed, kTrapClosed);
    std::size_t count = e.kids.size() - 1;
    Reg base = count ? emitter_.allocate(count) : 0;
    std::vector<std::pair<Reg, Reg>> moves;
    for (std::size_t i = 0; i < count; i++) {
        Variable* v = e.kid(i + 1).variable;
        Reg r = base + static_cast<Reg>(i);
        if (v->reg < 0)
            v->reg = r;
        else
            moves.emplace_back(v->reg, r);
    }
    SelectTable table;
    table.cases.push_back(
        {{{0, static_cast<std::uint16_t>(e.index), static_cast<std::uint8_t>(base)}},
         static_cast<std::uint16_t>(got)});
    table.cases.push_back({{{0, SelectTable::kClosed, 0}}, static_cast<std::uint16_t>(closed)});
    emitter_.select(e.variable->reg, 1, std::move(table));
    if (!s.body.empty()) {
        emitter_.place(closed);
        statement(*s.body[0]);
        if (emitter_.open()) emitter_.jump(end);
    }
    emitter_.place(got);
    for (auto [to, from] : moves)
        emit(Opcode::Mov, to, from);
    emitter_.place(end);
}

} // namespace singlet::singc
