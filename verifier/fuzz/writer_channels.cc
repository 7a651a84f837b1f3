// Channels, both of whose ends are in this program. A select waits for ever when nothing has been sent and nobody has closed,
// so receiving mostly follows a send or the end of the peer.
#include "verifier/fuzz/writer.hh"

#include <algorithm>

#include "verifier/contracts.hh"
#include "verifier/meet.hh"

namespace singlet::fuzz {

std::vector<TypeIndex> Writer::message_args(const Type& endpoint, std::size_t transition) const {
    const Contract& c = module_.contracts[endpoint.index];
    return c.messages[c.states[endpoint.state].transitions[transition].message].args;
}

void Writer::channel() {
    const auto contract = choices_.below(module_.contracts.size());
    const Register importer = fresh(), exporter = fresh();
    if (exporter >= general_) return;
    emit(Opcode::Channel, importer, exporter, 0, contract);
    const auto index = static_cast<std::uint16_t>(contract);
    ++marks_;
    set(importer, {.kind = Kind::Endpoint, .side = Side::Importer, .index = index}, marks_);
    set(exporter, {.kind = Kind::Endpoint, .side = Side::Exporter, .index = index}, marks_);
}

void Writer::send() {
    const auto r = find_if([&](Register r) {
        return type(r).kind == Kind::Endpoint && !type(r).nullable && !type(r).lent &&
               world_.sends(type(r)) && !locked_[r];
    });
    if (r) send_on(*r);
}

bool Writer::send_on(Register endpoint) {
    const Type t = type(endpoint);
    const Contract& c = module_.contracts[t.index];
    const auto& transitions = c.states[t.state].transitions;
    const std::uint32_t n = choices_.below(transitions.size());
    const auto args = message_args(t, n);
    std::vector<Register> from;
    for (const TypeIndex arg : args) {
        const auto r = need(world_.type(arg), true);
        if (!r) return false;
        from.push_back(*r);
    }
    for (std::size_t a = 0; a < args.size(); ++a) {
        move(window(a), from[a]);
        if (is_linear(type(window(a)).kind)) set(window(a), {});
    }
    emit(Opcode::Send, 0, endpoint, window(0), transitions[n].message);
    type(endpoint).state = transitions[n].next;
    return true;
}

// The state on the edge of a case, in which what came has been moved out of the window it came to.
Writer::Arm Writer::received(const Type& endpoint, Register r, std::size_t transition,
                             const State& before, SelectTable::Case& entry, std::uint8_t operand,
                             Register first) {
    Arm arm{label(), before};
    Type next = endpoint;
    std::uint16_t message = SelectTable::kClosed;
    const auto& transitions = module_.contracts[endpoint.index].states[endpoint.state].transitions;
    const bool brings = transition < transitions.size();
    if (brings) {
        message = transitions[transition].message;
        next.state = transitions[transition].next;
        const auto args = message_args(endpoint, transition);
        for (std::size_t a = 0; a < args.size(); ++a)
            arm.state.types[first + a] = world_.type(args[a]);
    } else {
        next.state = kClosedState;
    }
    arm.state.types[r] = next;
    entry.patterns.push_back({operand, message, brings ? first : Register{0}});
    return arm;
}

// On one endpoint whose peer has gone ahead, or is gone.
void Writer::receive(unsigned depth) {
    const auto r = find_if([&](Register r) {
        if (type(r).kind != Kind::Endpoint || type(r).nullable || locked_[r] || type(r).lent ||
            !world_.receives(type(r)))
            return false;
        const auto peer = [&](std::size_t p) {
            return p != r && now_.marks[r] != 0 && now_.marks[p] == now_.marks[r] &&
                   type(static_cast<Register>(p)).state == type(r).state;
        };
        for (std::size_t p = 0; p < general_; ++p)
            if (peer(p)) return choices_.chance(3);
        return true;
    });
    if (!r) return;
    select(*r, depth);
}

void Writer::select(Register r, unsigned depth) {
    const Type t = type(r);
    const std::size_t heads = module_.contracts[t.index].states[t.state].transitions.size() + 1;
    SelectTable table;
    std::vector<Arm> all;
    for (std::size_t n = 0; n < heads; ++n) {
        SelectTable::Case entry;
        all.push_back(received(t, r, n, now_, entry, 0, receive_window(0)));
        entry.block = all.back().label;
        table.cases.push_back(std::move(entry));
    }
    f_.selects.push_back(std::move(table));
    end(Opcode::Select, 0, r, 1, static_cast<std::uint32_t>(f_.selects.size() - 1));
    arms(std::move(all), depth);
}

// On two at once, of which the first decides and the second may have something too.
void Writer::receive_two(unsigned depth) {
    const auto good = [&](Register r) {
        return type(r).kind == Kind::Endpoint && !type(r).nullable && !locked_[r] &&
               !type(r).lent && world_.receives(type(r));
    };
    const auto x = find_if(good), y = find_if(good);
    if (!x || !y) return;
    if (now_.marks[*x] != 0 && choices_.chance(90)) { // closed, if it is not ahead
        for (Register p = 0; p < general_; ++p)
            if (p != *x && p != *y && now_.marks[p] == now_.marks[*x] && !locked_[p]) drop(p);
        if (now_.marks[*x] == now_.marks[*y]) return;
    }
    move(window(0), *x);
    move(window(1), *y);
    const Type first = type(window(0)), second = type(window(1));
    SelectTable select;
    std::vector<Arm> all;
    auto add = [&](std::size_t n, std::optional<std::size_t> m) {
        SelectTable::Case entry;
        Arm arm = received(first, window(0), n, now_, entry, 0, receive_window(0));
        if (m)
            arm.state =
                received(second, window(1), *m, arm.state, entry, 1, receive_window(4)).state;
        all.push_back({label(), std::move(arm.state)});
        entry.block = all.back().label;
        select.cases.push_back(std::move(entry));
    };
    const auto heads = [&](const Type& t) {
        return module_.contracts[t.index].states[t.state].transitions.size() + 1;
    };
    add(choices_.below(heads(first)), choices_.below(heads(second)));
    for (std::size_t n = 0; n < heads(first); ++n)
        add(n, {});
    f_.selects.push_back(std::move(select));
    end(Opcode::Select, 0, window(0), 2, static_cast<std::uint32_t>(f_.selects.size() - 1));
    arms(std::move(all), depth);
}

// One message from end to end, whoever's turn it is: both have gone one step then.
void Writer::converse(unsigned depth) {
    const auto usable = [&](Register r) {
        return type(r).kind == Kind::Endpoint && !type(r).nullable && !locked_[r] &&
               type(r).state != kClosedState && now_.marks[r] != 0;
    };
    const auto sender = find_if([&](Register r) { return usable(r) && world_.sends(type(r)); });
    if (!sender) return channel();
    const auto receiver = find_if([&](Register r) {
        return usable(r) && now_.marks[r] == now_.marks[*sender] &&
               type(r).state == type(*sender).state;
    });
    if (!receiver) return;
    if (!send_on(*sender)) return;
    select(*receiver, depth);
}

// A set with a member or two that have something to give, and a member taken out.
void Writer::sets(unsigned depth) {
    const Type set_type = world_.type(choices_.of(world_.sets));
    if (set_type.kind != Kind::Set || depth == 0) return;
    const Type member = world_.type(set_type.index);
    auto set_register = find(set_type, true);
    if (!set_register) {
        set_register = fresh();
        make(*set_register, set_type);
    }
    sure(*set_register);
    if (type(*set_register).nullable) return;
    const auto endpoint = need(member, true);
    if (!endpoint || !is_linear(type(*endpoint).kind)) return;
    emit(Opcode::SetAdd, *set_register, *endpoint);
    for (Register p = 0; p < general_ && choices_.chance(95); ++p) // so that there is news
        if (p != *endpoint && now_.marks[*endpoint] != 0 &&
            now_.marks[p] == now_.marks[*endpoint] && !locked_[p] && is_owned(type(p)) &&
            type(p).state == member.state)
            drop(p);
    set(*endpoint, {});
    if (choices_.chance(30)) return;
    const Register to = receive_window(0);
    Arm arm{label(), now_};
    arm.state.types[to] = member;
    f_.selects.push_back({{{{{0, SelectTable::kMember, to}}, arm.label}}});
    end(Opcode::Select, 0, *set_register, 1, static_cast<std::uint32_t>(f_.selects.size() - 1));
    arms({std::move(arm)}, depth);
}

void Writer::wrapping(unsigned depth) {
    const auto wrapped = find({.kind = Kind::Any}, true);
    if (wrapped && choices_.chance(60) && depth > 0) {
        Type t = world_.type(choices_.of(world_.endpoints));
        t.state = 0;
        if (!world_.sends(t)) return;
        const Register to = fresh();
        emit(Opcode::Unwrap, to, *wrapped, 0, world_.intern(t));
        set(*wrapped, {});
        Type nullable = t;
        nullable.nullable = true;
        set(to, nullable);
        const Label null = label(), endpoint = label();
        branch(Opcode::BrNull, to, null, endpoint);
        State is_null = now_, is_there = now_;
        is_null.types[to] = {.kind = Kind::Null};
        is_there.types[to] = t;
        return arms({{null, is_null}, {endpoint, is_there}}, depth);
    }
    const auto endpoint = find_if([&](Register r) {
        const Type& t = type(r);
        return t.kind == Kind::Endpoint && is_owned(t) && !t.nullable && t.state == 0 &&
               world_.sends(t) && !locked_[r];
    });
    if (!endpoint) return;
    const Register to = fresh();
    emit(Opcode::Wrap, to, *endpoint);
    set(*endpoint, {});
    set(to, {.kind = Kind::Any});
}

} // namespace singlet::fuzz
