// The rules of channels: an endpoint's type says in which state of its contract it is, and each step changes it.
#include "lib/core/assert.hh"
#include "verifier/contracts.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {

bool Transfer::channels(const Instruction& i) {
    Type type;
    switch (i.op) {
    case Opcode::Channel: {
        const auto contract = static_cast<std::uint16_t>(i.imm);
        if (i.a == i.b)
            return refuse(Rule::Operand,
                          "channel needs two registers, but both are " + register_text(i.a));
        return set(i.a, {.kind = Kind::Endpoint, .side = Side::Importer, .index = contract}) &&
               set(i.b, {.kind = Kind::Endpoint, .side = Side::Exporter, .index = contract});
    }
    case Opcode::Send:
        return send(i);
    case Opcode::Wrap:
        return wrap(i);
    case Opcode::Unwrap:
        return unwrap(i);
    case Opcode::SetNew:
        return element_type(i.imm, Kind::Set, "an endpoint set", type) && set(i.a, type);
    case Opcode::SetAdd:
        if (!of_kind(i.a, Kind::Set, "an endpoint set")) return false;
        not_null(i.a);
        return claim(i.b, module_.types[registers_[i.a].index]);
    default:
        break;
    }
    ASSERT(!"an opcode of this family");
}

// The state allows the message on this side; the arguments are the message's; owned ones go, and the endpoint, which is none
// of them, steps on.
bool Transfer::send(const Instruction& i) {
    if (!endpoint(i.b)) return false;
    // <lab6:typestate find_transition(module_.contracts[0], 0, 0) else return true;>
    const Type from = registers_[i.b];
    const Contract& contract = module_.contracts[from.index];
    const bool sends =
        i.imm < contract.messages.size() && sender(contract.messages[i.imm]) == from.side;
    const auto* transition =
        sends ? find_transition(contract, from.state, static_cast<std::uint16_t>(i.imm)) : nullptr;
    if (!transition) {
        const std::string message = i.imm < contract.messages.size() ? contract.messages[i.imm].name
                                                                     : "#" + number_text(i.imm);
        return refuse(Rule::Endpoint, "send needs an endpoint that can send " + message + " in " +
                                          register_text(i.b) + ", but " + found(i.b) + " and can " +
                                          next_steps_text(module_, from));
    }
    const auto& args = contract.messages[i.imm].args;
    if (!in_registers(i.c, args.size())) return false;
    for (std::size_t n = 0; n < args.size(); ++n) {
        if (i.c + n == i.b)
            return refuse(Rule::Operand, "send must not take the endpoint in " +
                                             register_text(i.b) + " as its own argument " +
                                             number_text(n));
        if (!claim(i.c + n, module_.types[args[n]])) return false;
    }
    Type to = from;
    to.state = transition->next;
    write(i.b, to);
    return true;
    // </lab6:typestate>
}

// What is wrapped is in its first state and about to send, so what is unwrapped is too.
bool Transfer::wrap(const Instruction& i) {
    if (!endpoint_to_give(i.b)) return false;
    take(i.b);
    return set(i.a, {.kind = Kind::Any});
}

bool Transfer::unwrap(const Instruction& i) {
    Type type;
    if (!element_type(i.imm, Kind::Endpoint, "an endpoint", type)) return false;
    if (type.state != 0 || !safe_to_hand_over(program_.contracts, type))
        return refuse(
            Rule::Endpoint,
            "unwrap needs the type of an endpoint that sends in its contract's first state, but " +
                type_text(module_, type) + " " + kept_text(type));
    type.nullable = true;
    return claim(i.b, {.kind = Kind::Any}) && set(i.a, type);
}

// Why an endpoint in its contract's first state cannot be given away.
std::string Transfer::kept_text(const Type& endpoint) const {
    if (sends_next(module_, endpoint) && !receives_next(module_, endpoint) && endpoint.state == 0)
        return "may have messages waiting for it there";
    return "can " + next_steps_text(module_, endpoint);
}

// Owned, not null, in its contract's first state and about to send.
bool Transfer::endpoint_to_give(std::size_t r) {
    if (!of_kind(r, Kind::Endpoint, "an endpoint")) return false;
    Type wanted = registers_[r];
    wanted.nullable = false;
    wanted.lent = 0;
    if (!assignable(r, wanted)) return false;
    Type first = wanted;
    first.state = 0;
    if (wanted.state == 0 && safe_to_hand_over(program_.contracts, first)) return true;
    return refuse(Rule::Endpoint,
                  name() + " needs an endpoint that sends in its contract's first state in " +
                      register_text(r) + ", but " + found(r) + " and " + kept_text(wanted));
}

// No register ever holds a second copy, so each borrowed endpoint or set is in one place, or pass 6 was given states that forget
// it. A closed endpoint stands for any state: whatever the lender does next, it may find the channel closed.
bool Transfer::borrowed_back() {
    for (std::size_t p = 0; p < function_->params.size(); ++p) {
        const Type declared = module_.types[function_->params[p]];
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

bool Transfer::endpoint(std::size_t r) {
    if (!of_kind(r, Kind::Endpoint, "an endpoint")) return false;
    not_null(r);
    return true;
}

} // namespace singlet::verifier
