#include "verifier/x86/operands.hh"

#include <algorithm>

namespace singlet::verifier::x86 {

namespace {

// Which fields are registers, by opcode.
struct Fields {
    bool a, b, c;              // that are read
    bool list_at_b, list_at_c; // the first of several that are read
    bool defines_a, defines_b; // that are written
    bool calls;                // so its function says whether there is a result
};

constexpr auto kFields = [] {
    std::array<Fields, static_cast<std::size_t>(Opcode::kCount)> fields{};
    for (std::size_t n = 0; n < fields.size(); ++n) {
        const auto& [text, a, b, c, imm, doc] = kOpcodes[n];
        const auto op = static_cast<Opcode>(n);
        auto read = [](Role r) { return r == Role::U || r == Role::M || r == Role::X; };
        // A send's endpoint only changes its state; what bris writes is its edge's.
        fields[n] = {.a = read(a),
                     .b = read(b),
                     .c = read(c),
                     .list_at_b = b == Role::A,
                     .list_at_c = c == Role::A,
                     .defines_a = a == Role::D || op == Opcode::XSwap,
                     .defines_b = b == Role::D && op != Opcode::BrIs,
                     .calls = op == Opcode::Call || op == Opcode::CallI || op == Opcode::CallK};
    }
    return fields;
}();

unsigned argument_count(const Verified& verified, const Instruction& i,
                        [[maybe_unused]] const ChannelTypes& channel) {
    const auto& module = verified.module();
    switch (i.op) {
    case Opcode::Call:
    case Opcode::Start:
        return static_cast<unsigned>(module.functions[i.imm].params.size());
    case Opcode::CallI:
        return static_cast<unsigned>(module.methods[i.imm].params.size());
    case Opcode::CallK:
        return static_cast<unsigned>(verified.kernel_signature(i.imm).params.size());
    case Opcode::Copy:
        return 5;
    // <since lab6>
    case Opcode::Select:
        return i.c;
    case Opcode::Send:
        return static_cast<unsigned>(
            module.contracts[channel[0].index].messages[i.imm].args.size());
    // </since>
    default:
        return 0;
    }
}

bool call_has_result(const Verified& verified, const Instruction& i) {
    const auto& module = verified.module();
    switch (i.op) {
    case Opcode::Call:
        return module.functions[i.imm].result != kVoid;
    case Opcode::CallI:
        return module.methods[i.imm].result != kVoid;
    default:
        return verified.kernel_signature(i.imm).result != kVoid;
    }
}

} // namespace

bool reads_from_memory(const Instruction& i) {
    switch (i.op) {
    case Opcode::CmpI:
        return true;
    case Opcode::Cmp:
        return i.b != i.c;
    case Opcode::Alu:
        switch (static_cast<AluOp>(i.imm)) {
        case AluOp::Add:
        case AluOp::Sub:
        case AluOp::Mul:
        case AluOp::And:
        case AluOp::Or:
        case AluOp::Xor:
            return i.b != i.c;
        default:
            return false;
        }
    default:
        return false;
    }
}

void OperandTable::clear(std::size_t instructions) {
    entries_.clear();
    registers_.clear();
    entries_.reserve(instructions);
    registers_.reserve(3 * instructions);
}

void OperandTable::add(const Verified& verified, const Instruction& i,
                       const ChannelTypes& channel) {
    const auto& fields = kFields[static_cast<std::size_t>(i.op)];
    const auto first = static_cast<std::uint32_t>(registers_.size());
    auto add = [this](unsigned r) { registers_.push_back(static_cast<std::uint8_t>(r)); };
    auto add_list = [&](unsigned from) {
        for (unsigned n = argument_count(verified, i, channel), k = 0; k < n; ++k)
            add(from + k);
    };
    if (fields.a) add(i.a);
    if (fields.b) add(i.b);
    if (fields.list_at_b) add_list(i.b);
    if (fields.c) add(i.c);
    if (fields.list_at_c) add_list(i.c);
    const auto uses = registers_.size() - first;
    if (fields.defines_a && (!fields.calls || call_has_result(verified, i))) add(i.a);
    if (fields.defines_b) add(i.b);
    const auto defs = registers_.size() - first - uses;
    entries_.push_back({first, static_cast<std::uint8_t>(uses), static_cast<std::uint8_t>(defs)});
}

// <since lab6>
std::vector<Type> pattern_types(const Module& module, const SelectTable::Pattern& pattern,
                                const ChannelTypes& channel) {
    std::vector<Type> result;
    const Type& operand = channel[pattern.operand];
    if (pattern.message == SelectTable::kMember) result.push_back(module.types[operand.index]);
    if (pattern.message < SelectTable::kMember)
        for (auto t : module.contracts[operand.index].messages[pattern.message].args)
            result.push_back(module.types[t]);
    return result;
}
// </since>

void add_edges(Edges& edges, [[maybe_unused]] const Verified& verified, const Function& function,
               const Instruction& i, [[maybe_unused]] const ChannelTypes& channel) {
    auto add = [&](unsigned to) {
        edges.all.push_back(
            {static_cast<std::uint16_t>(to), 0, static_cast<std::uint32_t>(edges.defs.size())});
    };
    auto add_def = [&](std::size_t r) {
        edges.defs.push_back(static_cast<std::uint8_t>(r));
        ++edges.all.back().def_count;
    };
    switch (i.op) {
    case Opcode::Jmp:
        return add(i.imm);
    case Opcode::BrIs:
        add(i.true_block());
        add_def(i.b);
        return add(i.false_block());
    case Opcode::BrNz:
    case Opcode::BrNull:
        add(i.true_block());
        return add(i.false_block());
    case Opcode::Switch:
        for (auto to : function.switches[i.imm])
            add(to);
        return;
    // <since lab6>
    case Opcode::Select:
        for (const auto& c : function.selects[i.imm].cases) {
            add(c.block);
            for (const auto& pattern : c.patterns) {
                auto count = pattern_types(verified.module(), pattern, channel).size();
                for (std::size_t k = 0; k < count; ++k)
                    add_def(pattern.first + k);
            }
        }
        return;
    // </since>
    default:
        return; // Ret, RetVoid, Trap
    }
}

} // namespace singlet::verifier::x86
