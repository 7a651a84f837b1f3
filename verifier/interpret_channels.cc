// Channels. Each endpoint has a state of its own contract, and a queue of what its peer sent; a queue is not longer
// than the contract allows, as its states say who may send.
#include <algorithm>

#include "verifier/contracts.hh"
#include "verifier/interpret_machine.hh"
#include "verifier/text.hh"

namespace singlet::verifier {

using rt::TrapReason;

namespace {

const Contract::State* state_of(const Module& m, const Thing& endpoint) {
    if (endpoint.state == kClosedState) return nullptr;
    return &m.contracts[endpoint.index].states[endpoint.state];
}

const Contract::Transition* transition(const Module& m, const Thing& endpoint,
                                       std::uint32_t message) {
    if (const Contract::State* s = state_of(m, endpoint))
        for (const auto& t : s->transitions)
            if (t.message == message) return &t;
    return nullptr;
}

} // namespace

// Has its state a message that this side sends, or one that it receives?
bool Machine::can(const Thing& e, bool send) const {
    const Contract::State* s = state_of(m_, e);
    return s && std::ranges::any_of(s->transitions, [&](const auto& t) {
               return (sender(m_.contracts[e.index].messages[t.message]) == e.side) == send;
           });
}

// What is put into a message, or may be later, is about to send, and nothing waits for it: nor does anything in it.
bool Machine::can_travel(const Value& v) const {
    std::vector<const Value*> todo{&v};
    while (!todo.empty()) {
        const Value& next = *todo.back();
        todo.pop_back();
        if (!next.linear() || !next.thing) continue;
        const Thing& t = *next.thing;
        const bool endpoint = next.kind == Kind::Endpoint || next.kind == Kind::Any;
        if (endpoint && (!sends(t) || receives(t) || !t.queue.empty())) return false;
        for (const Value& inner : t.values)
            todo.push_back(&inner);
    }
    return true;
}

void Machine::op_Channel(const Instruction& i) {
    auto contract = static_cast<std::uint16_t>(i.imm);
    auto endpoint = [&] { return heap_.thing(Kind::Endpoint, contract, 8, stacks().all()); };
    Thing* importer = endpoint();
    Thing* exporter = importer ? endpoint() : nullptr;
    if (!exporter) return trap(TrapReason::OutOfMemory);
    exporter->side = Side::Exporter;
    importer->peer = exporter;
    exporter->peer = importer;
    write(i.a, Value::of(importer));
    write(i.b, Value::of(exporter));
}

std::vector<Value> Machine::arguments(std::uint8_t first, std::size_t count) {
    std::vector<Value> args;
    if (first + count > frame_.function->registers) {
        stuck("the arguments go beyond the last register");
        return args;
    }
    for (std::size_t n = 0; n < count; n++)
        args.push_back(take(static_cast<std::uint8_t>(first + n)));
    return args;
}

void Machine::op_Send(const Instruction& i) {
    Thing* e = thing(i.b, Kind::Endpoint);
    if (!e) return;
    const auto* step = transition(m_, *e, i.imm);
    const Contract& c = m_.contracts[e->index];
    if (!step || sender(c.messages[i.imm]) != e->side)
        return stuck(describe(at(i.b)) + " does not send message " + std::to_string(i.imm));
    const auto& types = c.messages[i.imm].args;
    Message message{static_cast<std::uint16_t>(i.imm), arguments(i.c, types.size())};
    if (ended_) return;
    for (std::size_t n = 0; n < types.size(); n++) {
        const Value& v = message.args[n];
        if (!fits(m_, v, type(types[n])))
            return stuck("argument " + std::to_string(n) + " is " + describe(v) + ", expected " +
                         type_text(m_, types[n]));
        if (v.linear() && v.thing == e) return stuck("an endpoint is sent over itself");
        if (!can_travel(v)) return stuck("an endpoint is sent that something waits for");
    }
    e->state = step->next;
    if (e->peer) {
        e->peer->queue.push_back(std::move(message));
        e->peer->announced = true;
        return;
    }
    for (const Value& v : message.args)
        if (v.owned()) heap_.release(v.thing);
}

void Machine::op_Wrap(const Instruction& i) {
    Thing* e = thing(i.b, Kind::Endpoint);
    if (!e) return;
    if (at(i.b).lent || e->state != 0 || !can_travel(at(i.b)))
        return stuck(describe(at(i.b)) + " is not owned, in its first state and about to send");
    Value v = take(i.b);
    v.kind = Kind::Any;
    write(i.a, v);
}

void Machine::op_Unwrap(const Instruction& i) {
    const Type& t = type(i.imm);
    if (t.kind != Kind::Endpoint || t.state != 0)
        return stuck(type_text(m_, t) + " is not an endpoint type in its first state");
    Thing* e = thing(i.b, Kind::Any);
    if (!e) return;
    if (at(i.b).lent) return stuck("a lent endpoint is not unwrapped");
    at(i.b) = Value{};
    if (e->index == t.index && e->side == t.side) return write(i.a, Value::of(e));
    heap_.release(e);
    write(i.a, Value::null());
}

void Machine::op_SetNew(const Instruction& i) {
    const Type& t = type(i.imm);
    if (t.kind != Kind::Set) return stuck("no set type: " + type_text(m_, t));
    allocated(i.a, heap_.thing(Kind::Set, t.index, 8, stacks().all()));
}

void Machine::op_SetAdd(const Instruction& i) {
    Thing* set = thing(i.a, Kind::Set);
    if (!set || !thing(i.b, Kind::Endpoint)) return;
    Value v = take(i.b);
    if (!fits(m_, v, type(set->index)))
        return stuck(describe(v) + " is no member of a set of " + type_text(m_, set->index));
    set->values.push_back(v);
}

// What operand r of a select has to offer now.
Machine::Head Machine::head(std::uint8_t r) {
    Head none;
    if (at(r).kind == Kind::Set) {
        Thing* set = living(at(r), r);
        for (std::size_t n = 0; set && n < set->values.size(); n++)
            if (set->values[n].thing->has_head()) return {true, SelectTable::kMember, n};
        return none;
    }
    Thing* e = thing(r, Kind::Endpoint);
    if (!e) return none;
    if (!receives(*e)) {
        stuck(describe(at(r)) + " does not receive now");
        return none;
    }
    if (!e->queue.empty()) return {true, e->queue.front().message, 0};
    return {!e->peer, SelectTable::kClosed, 0};
}

void Machine::receive(std::uint8_t r, const Head& h, std::uint8_t first) {
    Thing* t = at(r).thing;
    auto put = [&](std::size_t n, const Value& v) {
        if (first + n >= frame_.function->registers)
            return stuck("the message goes beyond the last register");
        write(static_cast<std::uint8_t>(first + n), v);
    };
    if (h.what == SelectTable::kMember) {
        Value member = t->values[h.member];
        t->values.erase(t->values.begin() + static_cast<std::ptrdiff_t>(h.member));
        return put(0, member);
    }
    if (h.what == SelectTable::kClosed) {
        t->state = kClosedState;
        return;
    }
    Message message = std::move(t->queue.front());
    t->queue.pop_front();
    const auto* step = transition(m_, *t, message.message);
    if (!step || sender(m_.contracts[t->index].messages[message.message]) == t->side)
        return stuck("the message does not belong to the receiver's state");
    t->state = step->next;
    for (std::size_t n = 0; n < message.args.size(); n++)
        put(n, message.args[n]);
}

void Machine::op_Select(const Instruction& i) {
    std::vector<Head> heads;
    for (std::uint8_t n = 0; n < i.c; n++)
        heads.push_back(head(static_cast<std::uint8_t>(i.b + n)));
    if (ended_) return;
    auto matches = [&](const SelectTable::Pattern& p) {
        return heads[p.operand].there && heads[p.operand].what == p.message;
    };
    for (const auto& c : frame_.function->selects[i.imm].cases) {
        if (!std::ranges::all_of(c.patterns, matches)) continue;
        for (const auto& p : c.patterns)
            receive(static_cast<std::uint8_t>(i.b + p.operand), heads[p.operand], p.first);
        return go(c.block);
    }
    if (std::ranges::all_of(heads, &Head::there)) return stuck("no case covers what has come");
    wait_for(i.b, i.c);
}

// Port ranges come from the manifest, and there are none here.
void Machine::op_In(const Instruction& i) {
    stuck("r" + std::to_string(i.b) + " holds " + describe(at(i.b)) + ", expected port");
}
void Machine::op_Out(const Instruction& i) {
    stuck("r" + std::to_string(i.a) + " holds " + describe(at(i.a)) + ", expected port");
}

} // namespace singlet::verifier
