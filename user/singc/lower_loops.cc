// Loops have their test at the bottom, so that a round is one branch.
#include <algorithm>

#include "user/singc/lower.hh"

namespace singlet::singc {

using verifier::Condition;
using verifier::Opcode;

void Lowering::body(Stmt& s, Label on_break, Label on_continue, bool loop) {
    jumps_.push_back({on_break, on_continue, loop});
    statement(s);
    jumps_.pop_back();
}

void Lowering::while_loop(Stmt& s) {
    Label top = emitter_.label(), test = emitter_.label(), end = emitter_.label();
    bool forever = s.exprs[0]->constant && s.exprs[0]->value;
    if (forever) test = top;
    if (!forever) emitter_.jump(test);
    emitter_.place(top);
    body(*s.body[0], end, test, true);
    if (forever) {
        if (emitter_.open()) emitter_.jump(top);
    } else {
        emitter_.place(test);
        emitter_.line(diagnostics_.line(s.place));
        condition(*s.exprs[0], top, end);
    }
    emitter_.place(end);
}

void Lowering::do_loop(Stmt& s) {
    Label top = emitter_.label(), test = emitter_.label(), end = emitter_.label();
    emitter_.place(top);
    body(*s.body[0], end, test, true);
    emitter_.place(test);
    condition(*s.exprs[0], top, end);
    emitter_.place(end);
}

void Lowering::for_loop(Stmt& s) {
    std::size_t mark = emitter_.mark();
    statement(*s.body[1]);
    Label top = emitter_.label(), step = emitter_.label(), test = emitter_.label(),
          end = emitter_.label();
    bool forever = !s.exprs[0] || (s.exprs[0]->constant && s.exprs[0]->value);
    if (!forever) emitter_.jump(test);
    emitter_.place(top);
    body(*s.body[0], end, step, true);
    emitter_.place(step);
    emitter_.line(diagnostics_.line(s.place));
    for (ExprPtr& e : s.steps)
        effect(*e);
    if (forever) {
        emitter_.jump(top);
    } else {
        emitter_.place(test);
        condition(*s.exprs[0], top, end);
    }
    emitter_.place(end);
    emitter_.release(mark);
}

void Lowering::foreach_loop(Stmt& s) {
    Expr& e = *s.exprs[0];
    bool owned = e.type.owned();
    Reg array =
        owned ? value(e, kNone, Null::Allowed) : value(e, emitter_.allocate(), Null::Allowed);
    Reg index = emitter_.allocate(), length = emitter_.allocate(), test_value = emitter_.allocate();
    emit(Opcode::Len, length, array);
    emit(Opcode::LdI, index, 0, 0, 0);
    Label top = emitter_.label(), step = emitter_.label(), test = emitter_.label(),
          end = emitter_.label();
    emitter_.jump(test);
    emitter_.place(top);
    Variable* v = s.declarators[0].variable;
    emit(Opcode::LdElem, variable(v), array, index);
    checked_load(v->reg, v->type, Null::Refused);
    body(*s.body[0], end, step, true);
    emitter_.place(step);
    emitter_.line(diagnostics_.line(s.place));
    emit(Opcode::AluI, index, index, static_cast<Reg>(verifier::AluOp::Add), 1);
    emitter_.place(test);
    emit(Opcode::Cmp, test_value, index, length, static_cast<std::uint32_t>(Condition::Lt));
    emitter_.branch(Opcode::BrNz, test_value, top, end);
    emitter_.place(end);
}

// A table where the cases lie close together, comparisons one after the other where they do not.
void Lowering::switch_statement(Stmt& s) {
    Label end = emitter_.label();
    std::vector<std::pair<std::int64_t, Label>> cases;
    std::vector<Label> labels;
    Label other = end;
    for (SwitchCase& c : s.cases) {
        labels.push_back(emitter_.label());
        if (c.is_default) other = labels.back();
        for (ExprPtr& e : c.labels)
            cases.emplace_back(e->value, labels.back());
    }
    Reg v = value(*s.exprs[0]);
    std::sort(cases.begin(), cases.end());
    std::int64_t least = cases.empty() ? 0 : cases.front().first;
    std::int64_t span = cases.empty() ? 0 : cases.back().first - least + 1;
    if (cases.size() >= 4 && span <= 4 * static_cast<std::int64_t>(cases.size()) && span <= 1024) {
        if (least > 0 && least <= 8) { // the table may as well begin at 0
            span += least;
            least = 0;
        }
        std::vector<Label> table(static_cast<std::size_t>(span) + 1, other);
        for (auto [n, label] : cases)
            table[static_cast<std::size_t>(n - least)] = label;
        if (least != 0) v = arithmetic_constant(Tok::Minus, kIntType, v, least, kNone);
        emitter_.switch_on(v, std::move(table));
    } else {
        for (auto [n, label] : cases) {
            Reg t = emitter_.allocate();
            Label next = emitter_.label();
            emit(Opcode::CmpI, t, v, static_cast<Reg>(Condition::Eq),
                 static_cast<std::uint32_t>(n));
            emitter_.branch(Opcode::BrNz, t, label, next);
            emitter_.place(next);
        }
        emitter_.jump(other);
    }
    for (std::size_t i = 0; i < s.cases.size(); i++) {
        emitter_.place(labels[i]);
        body(*s.cases[i].body, end, 0, false);
        if (emitter_.open()) emitter_.jump(end);
    }
    emitter_.place(end);
}

} // namespace singlet::singc
