// Branches whose arms join again, loops that end, and returns.
#include "verifier/fuzz/writer.hh"

#include <algorithm>

#include "verifier/contracts.hh"
#include "verifier/meet.hh"

namespace singlet::fuzz {

void Writer::body(unsigned depth) {
    const std::uint32_t most = depth < kDepth ? 5 : number_ == 0 ? 40 : 16;
    for (std::uint32_t n = choices_.below(most); n > 0 && open_; --n)
        statement(depth);
}

void Writer::statement(unsigned depth) {
    held_.clear();
    drop(scratch());
    drop(second_scratch());
    shed();
    if (budget_ == 0) return;
    --budget_;
    if (depth > 0 && choices_.chance(25)) {
        switch (choices_.below(8)) {
        case 0:
            return split(Opcode::BrNz, integer(), depth);
        case 1:
            return branch_null(depth);
        case 2:
            return branch_is(depth);
        case 3:
            return table(depth);
        case 4:
            return receive(depth);
        case 5:
            return receive_two(depth);
        case 6:
            return converse(depth);
        default:
            return loop(depth);
        }
    }
    switch (choices_.below(32)) {
    case 0:
    case 1:
    case 2:
    case 3:
        return arithmetic();
    case 4:
        return divide();
    case 5:
    case 6:
        return wide();
    case 7:
        return compare();
    case 8:
        return constant();
    case 9:
    case 10:
        return objects();
    case 11:
    case 12:
        return field(choices_.chance(50));
    case 13:
    case 14:
        return arrays();
    case 15:
    case 16:
        return elements();
    case 17:
        return copy_bytes();
    case 18:
        return cells();
    case 19:
    case 20:
        return exchange();
    case 21:
        return swap();
    case 22:
        return channel();
    case 23:
        return send();
    case 24:
        return sets(depth);
    case 25:
        return wrapping(depth);
    case 26:
    case 27:
        return call(choices_.below(module_.functions.size()));
    case 28:
        return call_interface();
    case 29:
        return call_kernel();
    case 30:
        return start(choices_.below(module_.functions.size()));
    default:
        if (depth < kDepth && choices_.chance(15)) return leave();
        if (depth < kDepth && choices_.chance(5))
            return end(Opcode::Trap, 0, 0, 0, choices_.below(100));
        return print(integer());
    }
}

// What a select has put into windows goes to where it may stay.
void Writer::unpack() {
    held_.clear();
    for (std::size_t n = 0; n < kArguments + kReceived; ++n) {
        const Register from = window(n), to = type(from).kind == Kind::Unset ? from : fresh();
        if (to < general_)
            move(to, from);
        else
            drop(from);
        set(from, {});
    }
}

// Each arm begins in a state of its own and is brought to a common one, unless it has ended, or a borrowed endpoint is in
// another state there than elsewhere.
void Writer::arms(std::vector<Arm> all, unsigned depth) {
    std::vector<Arm> ends;
    for (Arm& arm : all) {
        bind(arm.label);
        now_ = std::move(arm.state);
        unpack();
        body(depth - 1);
        if (!open_) continue;
        ends.push_back({label(), now_});
        end(Opcode::Jmp, 0, 0, 0, ends.back().label);
    }
    if (ends.empty()) return;
    const auto lent_otherwise = [&, first = ends[0].state](const State& state) {
        for (std::size_t r = 0; r < general_; ++r) {
            const Type &a = first.types[r], &b = state.types[r];
            if (a != b && ((is_pinned(a) && a.lent) || (is_pinned(b) && b.lent))) return true;
        }
        return false;
    };
    std::vector<Arm> joining;
    for (Arm& e : ends)
        if (lent_otherwise(e.state)) {
            bind(e.label);
            now_ = e.state;
            leave();
        } else {
            joining.push_back(std::move(e));
        }
    const State target = common(joining);
    const Label join = label();
    for (Arm& e : joining) {
        bind(e.label);
        now_ = std::move(e.state);
        coerce(target);
        end(Opcode::Jmp, 0, 0, 0, join);
    }
    bind(join);
    now_ = target;
}

void Writer::split(Opcode op, Register a, unsigned depth) {
    const Label yes = label(), no = label();
    branch(op, a, yes, no);
    arms({{yes, now_}, {no, now_}}, depth);
}

void Writer::branch_null(unsigned depth) {
    const auto r = find_if([&](Register r) { return is_reference(type(r).kind) && !locked_[r]; });
    if (!r) return;
    const Label yes = label(), no = label();
    branch(Opcode::BrNull, *r, yes, no);
    State null = now_, not_null = now_;
    const bool learns = !(is_pinned(type(*r)) && type(*r).lent);
    if (learns) null.types[*r] = {.kind = Kind::Null};
    if (learns) not_null.types[*r].nullable = false;
    arms({{yes, null}, {no, not_null}}, depth);
}

void Writer::branch_is(unsigned depth) {
    const auto r = find_if([&](Register r) { return type(r).kind == Kind::Ref; });
    if (!r) return;
    const Register found = fresh();
    const auto cls = static_cast<std::uint8_t>(choices_.below(module_.classes.size()));
    const Label yes = label(), no = label();
    branch(Opcode::BrIs, *r, yes, no, found, cls);
    State is = now_;
    is.types[found] = {.kind = Kind::Ref, .index = cls};
    is.marks[found] = 0;
    arms({{yes, is}, {no, now_}}, depth);
}

void Writer::table(unsigned depth) {
    const Register r = integer(), small = fresh();
    emit(Opcode::AluI, small, r, static_cast<std::uint8_t>(AluOp::And), 3);
    set(small, {.kind = Kind::I32});
    std::vector<Arm> all;
    std::vector<std::uint16_t> targets;
    for (std::uint32_t n = choices_.between(1, 3); n > 0; --n) {
        all.push_back({label(), now_});
        targets.push_back(all.back().label);
    }
    targets.push_back(choices_.of(all).label);
    f_.switches.push_back(std::move(targets));
    end(Opcode::Switch, small, 0, 0, static_cast<std::uint32_t>(f_.switches.size() - 1));
    arms(std::move(all), depth);
}

// What the loop's body cannot make again is locked in it; of the rest it may forget what is not owned.
void Writer::loop(unsigned depth) {
    const Register counter = number(static_cast<std::int32_t>(choices_.between(1, 6)));
    if (counter >= general_) return;
    State head = now_;
    std::vector<Register> locks{counter};
    for (Register r = 0; r < general_; ++r) {
        Type& t = head.types[r];
        if (t.kind == Kind::Unset || locked_[r] || r == counter) continue;
        const bool again = makeable(t) && !t.lent;
        if (is_owned(t) ? !again || choices_.chance(30) : t.lent != 0)
            locks.push_back(r);
        else if (!is_owned(t) && (!again || choices_.chance(40)))
            t = {};
        head.marks[r] = 0;
    }
    for (Register r = general_; r < f_.registers; ++r)
        head.types[r] = {};
    for (Register r : locks)
        ++locked_[r];
    const Label begin = label(), out = label();
    end(Opcode::Jmp, 0, 0, 0, begin);
    now_ = head;
    bind(begin);
    body(depth - 1);
    for (Register r : locks)
        --locked_[r];
    if (!open_) return;
    coerce(head);
    emit(Opcode::AluI, counter, counter, static_cast<std::uint8_t>(AluOp::Sub), 1);
    branch(Opcode::BrNz, counter, begin, out);
    bind(out);
}

bool Writer::may_return() const {
    for (std::size_t p = 0; p < f_.params.size(); ++p) {
        const Type declared = world_.type(f_.params[p]);
        if (!declared.lent || !is_pinned(declared)) continue;
        const bool back = std::ranges::any_of(now_.types, [&](const Type& t) {
            return is_pinned(t) && t.lent == p + 1 &&
                   (t.state == declared.state || t.state == kClosedState);
        });
        if (!back) return false;
    }
    return true;
}

// Returns, if what is borrowed is back in its state.
void Writer::leave() {
    held_.clear();
    const Type wanted = world_.type(f_.result);
    if (!may_return()) return end(Opcode::Trap, 0, 0, 0, 7);
    MaybeRegister result;
    if (wanted.kind != Kind::Void) {
        if (choices_.chance(90))
            result = find_if([&](Register r) { return world_.suits(type(r), wanted); });
        if (!result && makeable(wanted)) {
            result = fresh();
            make(*result, wanted);
        }
        if (!result) return end(Opcode::Trap, 0, 0, 0, 8);
    }
    for (std::size_t r = 0; r < now_.types.size(); ++r)
        if (r != result) drop(static_cast<Register>(r));
    if (result) return end(Opcode::Ret, *result);
    end(Opcode::RetVoid);
}

} // namespace singlet::fuzz
