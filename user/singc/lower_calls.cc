#include "user/singc/lower.hh"

namespace singlet::singc {

using verifier::Opcode;

namespace {

bool owned_variable(const Expr& e) {
    return e.kind == ExprKind::Name && e.variable && e.type.owned() && !e.constant;
}

} // namespace

// Arguments that are variables in consecutive registers already, in order, need no moving.
bool Lowering::in_place(Expr& e, std::size_t first, Reg& base) {
    for (std::size_t i = first; i < e.kids.size(); i++) {
        const Expr& a = e.kid(i);
        if (a.kind != ExprKind::Name || !a.variable || a.constant) return false;
        if (i == first)
            base = a.variable->reg;
        else if (a.variable->reg != base + static_cast<Reg>(i - first))
            return false;
    }
    return e.kids.size() > first;
}

// Puts a call's arguments into consecutive registers; `receiver` (or the value in `self`) goes first. Owned variables are moved in
// last: until then the other arguments may read them. Those only lent come back after the call.
Lowering::Window Lowering::arguments(Expr& e, std::size_t first, Expr* receiver, Reg self,
                                     const std::vector<bool>& claims) {
    Window w;
    bool has_self = receiver || self != kNone;
    if (!has_self && in_place(e, first, w.base)) return w;
    std::size_t count = e.kids.size() - first + has_self;
    if (count == 0) return w;
    Reg object = self;
    if (receiver) {
        bool assigns = false;
        for (std::size_t i = first; i < e.kids.size(); i++)
            assigns = assigns || e.kid(i).assigns;
        object = operand(*receiver, assigns);
        if (receiver->type.nullable) not_null(object);
    }
    if (has_self && count == 1) {
        w.base = object;
        return w;
    }
    w.base = emitter_.allocate(count);
    Reg next = w.base + has_self;
    if (has_self) emit(Opcode::Mov, w.base, object);
    for (std::size_t i = first; i < e.kids.size(); i++)
        if (!owned_variable(e.kid(i))) value(e.kid(i), next + static_cast<Reg>(i - first));
    for (std::size_t i = first; i < e.kids.size(); i++) {
        if (!owned_variable(e.kid(i))) continue;
        Reg r = next + static_cast<Reg>(i - first);
        emit(Opcode::Mov, r, e.kid(i).variable->reg);
        if (!claims[i - first]) w.back.emplace_back(e.kid(i).variable, r);
    }
    return w;
}

void Lowering::give_back(const Window& w) {
    for (auto [v, r] : w.back) {
        bool copied = v->borrowed && v->type != TypeKind::Endpoint && v->type != TypeKind::Set;
        if (!copied) emit(Opcode::Mov, v->reg, r);
    }
}

Reg Lowering::call(Expr& e, Reg want) {
    std::vector<bool> claims;
    auto result = [&](Opcode op, const Window& w, std::uint32_t imm) {
        Reg r = e.type == kVoidType ? 0 : target(want);
        emit(op, r, w.base, 0, imm);
        give_back(w);
        return r;
    };
    switch (e.target) {
    case Target::Function:
    case Target::Method:
    case Target::Interface: {
        for (const ParameterInfo& p : e.function->params)
            claims.push_back(p.claims);
        Expr& callee = e.kid(0);
        Expr* receiver = e.target != Target::Function && callee.kind == ExprKind::Field
                             ? &callee.kid(0)
                             : nullptr;
        Reg self =
            e.target == Target::Method && !receiver ? 0 : kNone; // `this` is in the first register
        Window w = arguments(e, 1, receiver, self, claims);
        const Opcode op = e.starts                        ? Opcode::Start
                          : e.target == Target::Interface ? Opcode::CallI
                                                          : Opcode::Call;
        return result(op, w, e.function->index);
    }
    case Target::Kernel: {
        for (std::size_t i = 1; i < e.kids.size(); i++)
            claims.push_back(e.kid(i).moves);
        return result(Opcode::CallK, arguments(e, 1, nullptr, kNone, claims),
                      builder_.import(e.index));
    }
    case Target::Send: {
        claims.assign(e.kids.size(), true);
        Window w = arguments(e, 1, nullptr, kNone, claims);
        emit(Opcode::Send, 0, e.variable->reg, w.base, e.index);
        return 0;
    }
    case Target::NewChannel: {
        Reg imp = variable(e.kid(1).variable), exp = variable(e.kid(2).variable);
        emit(Opcode::Channel, imp, exp, 0, e.index);
        return 0;
    }
    case Target::Recv: {
        Stmt s;
        s.kind = StmtKind::Recv;
        // The expression is only looked at.
        s.exprs.emplace_back(&e);
        recv(s);
        (void)s.exprs[0].release();
        return 0;
    }
    case Target::Acquire: {
        Reg cell = value(e.kid(0).kid(0), kNone, Null::Allowed), r = target(want);
        emit(Opcode::CellTake, r, cell);
        return r;
    }
    case Target::Add:
    case Target::Release: {
        Reg holder = operand(e.kid(0).kid(0), e.kid(1).assigns, Null::Allowed);
        Reg v = value(e.kid(1));
        emit(e.target == Target::Add ? Opcode::SetAdd : Opcode::CellPut, holder, v);
        return 0;
    }
    case Target::PortIn: {
        Reg port = operand(e.kid(0).kid(0), e.kid(1).assigns), offset = value(e.kid(1)),
            r = target(want);
        emit(Opcode::In, r, port, offset, e.index);
        return r;
    }
    case Target::PortOut: {
        Reg port = operand(e.kid(0).kid(0), e.kid(1).assigns || e.kid(2).assigns);
        Reg offset = operand(e.kid(1), e.kid(2).assigns);
        emit(Opcode::Out, port, offset, value(e.kid(2)), e.index);
        return 0;
    }
    default:
        return call_bytes(e, want);
    }
}

Reg Lowering::call_bytes(Expr& e, Reg want) {
    if (e.target == Target::Get) {
        Reg bytes = operand(e.kid(1), e.kid(2).assigns, Null::Allowed), at = value(e.kid(2)),
            r = target(want);
        emit(Opcode::LdBytes, r, bytes, at, e.index);
        return r;
    }
    if (e.target == Target::Set) {
        Reg bytes = operand(e.kid(1), e.kid(2).assigns || e.kid(3).assigns, Null::Allowed);
        Reg at = operand(e.kid(2), e.kid(3).assigns);
        emit(Opcode::StBytes, bytes, at, value(e.kid(3)), e.index);
        return 0;
    }
    std::vector<bool> claims(5, false);
    Window w = arguments(e, 1, nullptr, kNone, claims);
    emit(Opcode::Copy, 0, w.base);
    give_back(w);
    return 0;
}

} // namespace singlet::singc
