#include "verifier/fuzz/generate.hh"

#include "verifier/fuzz/writer.hh"

namespace singlet::fuzz {
namespace {

constexpr std::size_t kCount = static_cast<std::size_t>(Opcode::kCount);

Instruction& some_instruction(Function& f, Choices& choices) { return choices.of(f.code); }

// Another register where the opcode names one.
void spoil_operand(Instruction& i, std::size_t registers, Choices& choices) {
    const OpcodeInfo& op = info(i.op);
    std::vector<std::uint8_t*> operands;
    auto add = [&](Role role, std::uint8_t& field) {
        if (role != Role::_ && role != Role::Sub) operands.push_back(&field);
    };
    add(op.a, i.a);
    add(op.b, i.b);
    add(op.c, i.c);
    if (operands.empty()) return;
    std::uint8_t& operand = *choices.of(operands);
    operand = choices.chance(50) ? static_cast<std::uint8_t>(choices.below(registers))
                                 : static_cast<std::uint8_t>(operand ^ 1);
}

void spoil_immediate(const Module& m, const Function& f, Instruction& i, Choices& choices) {
    switch (info(i.op).imm) {
    case Immediate::_:
        break;
    case Immediate::Block:
        i.imm = choices.below(f.blocks.size());
        break;
    case Immediate::Targets:
        i.imm = choices.below(f.blocks.size()) << 16 | choices.below(f.blocks.size());
        break;
    case Immediate::Type:
        i.imm = choices.below(m.types.size());
        break;
    default:
        i.imm = choices.below(6);
    }
}

void spoil_instruction(Module& m, Function& f, Choices& choices) {
    Instruction& i = some_instruction(f, choices);
    switch (choices.below(8)) {
    case 0:
    case 1:
    case 2:
        return spoil_operand(i, f.registers, choices);
    case 3:
        return spoil_immediate(m, f, i, choices);
    case 4: // one that has the same operands
        for (std::uint32_t n = choices.below(kCount); n < kCount; ++n) {
            const OpcodeInfo &now = info(i.op), &then = verifier::kOpcodes[n];
            if (now.a != then.a || now.b != then.b || now.c != then.c || now.imm != then.imm)
                continue;
            i.op = static_cast<Opcode>(n);
            return;
        }
        return;
    case 5: // one for another, unless control flow breaks
    case 6: {
        Instruction& other = some_instruction(f, choices);
        if (is_terminator(i.op) || is_terminator(other.op)) return;
        if (choices.chance(50))
            i = other;
        else
            std::swap(i, other);
        return;
    }
    default: // left out
        if (is_terminator(i.op)) return;
        i = {Opcode::LdI, static_cast<std::uint8_t>(choices.below(f.registers)), 0, 0, 0};
    }
}

void spoil_signature(Module& m, Function& f, Choices& choices) {
    const auto type = static_cast<TypeIndex>(choices.below(m.types.size()));
    if (f.params.empty() || choices.chance(30))
        f.result = type;
    else
        choices.of(f.params) = type;
}

void spoil_select(Function& f, Choices& choices) {
    if (f.selects.empty()) return;
    SelectTable& table = choices.of(f.selects);
    if (table.cases.empty()) return;
    SelectTable::Case& c = choices.of(table.cases);
    switch (choices.below(4)) {
    case 0:
        std::swap(c, choices.of(table.cases));
        break;
    case 1:
        table.cases.pop_back();
        break;
    case 2:
        c.block = static_cast<std::uint16_t>(choices.below(f.blocks.size()));
        break;
    default:
        if (c.patterns.empty()) break;
        auto& pattern = choices.of(c.patterns);
        if (choices.chance(50))
            pattern.first = static_cast<std::uint8_t>(choices.below(f.registers));
        else
            pattern.message = static_cast<std::uint16_t>(choices.below(4));
    }
}

void spoil_field(Module& m, Choices& choices) {
    std::vector<std::vector<Field>*> all;
    for (Class& c : m.classes)
        if (!c.fields.empty()) all.push_back(&c.fields);
    for (Struct& s : m.structs)
        if (!s.fields.empty()) all.push_back(&s.fields);
    if (all.empty()) return;
    choices.of(*choices.of(all)).type = static_cast<TypeIndex>(choices.below(m.types.size()));
}

void spoil_contract(Module& m, Choices& choices) {
    if (m.contracts.empty()) return;
    Contract& c = choices.of(m.contracts);
    if (choices.chance(50)) {
        auto& transitions = choices.of(c.states).transitions;
        if (!transitions.empty())
            choices.of(transitions).next =
                static_cast<std::uint16_t>(choices.below(c.states.size()));
        return;
    }
    if (c.messages.empty()) return;
    Contract::Message& message = choices.of(c.messages);
    if (!message.args.empty() && choices.chance(60))
        choices.of(message.args) = static_cast<TypeIndex>(choices.below(m.types.size()));
    else
        message.direction = choices.chance(50) ? Contract::Direction::In : Contract::Direction::Out;
}

void spoil_type(Module& m, Choices& choices) {
    if (m.types.size() <= kFirstOwnType) return;
    Type& t = m.types[kFirstOwnType + choices.below(m.types.size() - kFirstOwnType)];
    switch (choices.below(4)) {
    case 0:
        t.nullable = !t.nullable;
        break;
    case 1:
        t.lent ^= is_linear(t.kind);
        break;
    case 2:
        if (t.kind == Kind::Endpoint)
            t.side = t.side == Side::Importer ? Side::Exporter : Side::Importer;
        break;
    default: // inner types and classes alike: one more or one less
        if (t.index > 0) t.index ^= 1;
    }
}

} // namespace

Module generate(Choices& choices) {
    World world(choices);
    for (std::size_t f = world.module.functions.size(); f-- > 0;)
        Writer(world, f).write();
    return std::move(world.module);
}

void spoil(Module& module, Choices& choices) {
    for (std::uint32_t faults = choices.between(1, 3); faults > 0; --faults) {
        Function& f = choices.of(module.functions);
        if (f.code.empty() || f.blocks.empty()) continue;
        const std::uint32_t what = choices.below(10);
        if (what < 6)
            spoil_instruction(module, f, choices);
        else if (what == 6)
            spoil_signature(module, f, choices);
        else if (what == 7)
            spoil_select(f, choices);
        else if (what == 8)
            spoil_type(module, choices);
        else
            choices.chance(50) ? spoil_field(module, choices) : spoil_contract(module, choices);
    }
}

} // namespace singlet::fuzz
