// check_bounds(): what can be said of a module without types or control flow.
#include <string>

#include "lib/core/try.hh"
#include "verifier/decode.hh"
#include "verifier/limits.hh"

namespace singlet::verifier {

bool valid_name(std::string_view name) {
    auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
    };
    if (name.empty() || name.size() > limits::kNameBytes || !letter(name[0])) return false;
    for (std::size_t i = 1; i < name.size(); i++) {
        bool dot = name[i] == '.' && i + 1 < name.size() && letter(name[i + 1]);
        if (!letter(name[i]) && !(name[i] >= '0' && name[i] <= '9') && !dot) return false;
    }
    return true;
}

namespace {

using Result = Checked<void>;

std::unexpected<Diagnosis> refuse(Rule rule, std::string sentence) {
    return std::unexpected(
        Diagnosis{.rule = rule, .function = {}, .sentence = std::move(sentence), .frame = {}});
}

Result at_most(std::size_t count, std::uint32_t limit, const char* what,
               std::string_view whose = "the module") {
    if (count <= limit) return {};
    return refuse(Rule::Limit, std::string(whose) + " has " + std::to_string(count) + " " + what +
                                   ", more than the limit of " + std::to_string(limit));
}

// `what` is plural: "classes".
Result exists(std::size_t index, std::size_t count, const char* what, std::string_view whose) {
    if (index < count) return {};
    return refuse(Rule::Index, std::string(whose) + " names number " + std::to_string(index) +
                                   " of the " + what + ", but there are " + std::to_string(count));
}

Result named(std::string_view name, const char* what) {
    if (valid_name(name)) return {};
    return refuse(Rule::Format, std::string("the name of a ") + what +
                                    " is not a letter followed by letters, digits, _, $ or .");
}

// A type's unused parts are zero, so that equal types are equal values.
Result check_type(const Module& m, const Type& t) {
    const Kind k = t.kind;
    if (k > Kind::Set && k != Kind::Port && k != Kind::Irq && k != Kind::Dma)
        return refuse(Rule::TypeTable, "a type of kind " + std::to_string(static_cast<int>(k)) +
                                           " cannot stand in the type table");
    if (k == Kind::Null) return refuse(Rule::TypeTable, "null cannot stand in the type table");
    if (t.nullable && !is_collected(k) && !is_linear(k))
        return refuse(Rule::TypeTable, "a type without null is marked nullable");
    if (t.lent > 1 || (t.lent && !is_linear(k)))
        return refuse(Rule::TypeTable, "a type that cannot be lent is marked lent");
    if (k == Kind::Endpoint) {
        if (t.side > Side::Exporter)
            return refuse(Rule::TypeTable, "an endpoint has a side that does not exist");
        TRY(exists(t.index, m.contracts.size(), "contracts", "an endpoint type"));
        if (t.state == kClosedState) return {};
        return exists(t.state, m.contracts[t.index].states.size(), "contract's states",
                      "an endpoint type");
    }
    if (t.state || t.side != Side::Importer)
        return refuse(Rule::TypeTable, "a type other than an endpoint has a side or state");
    switch (k) {
    case Kind::Ref:
        return exists(t.index, m.classes.size(), "classes", "a reference type");
    case Kind::Own:
        return exists(t.index, m.structs.size(), "structs", "an exchange type");
    case Kind::Array:
    case Kind::Cell:
    case Kind::Vec:
    case Kind::Set:
        return exists(t.index, m.types.size(), "types", "a type");
    default:
        if (t.index) return refuse(Rule::TypeTable, "a type's unused index is not zero");
        return {};
    }
}

Result check_types(const Module& m) {
    TRY(at_most(m.types.size(), limits::kTypes, "types"));
    for (std::size_t i = 0; i < kFirstOwnType; i++)
        if (i >= m.types.size() || m.types[i] != kBuiltinTypes[i])
            return refuse(Rule::TypeTable, "the type table does not begin with the built-in types");
    for (const Type& t : m.types)
        TRY(check_type(m, t));
    return {};
}

Result check_signature(const Module& m, std::string_view name, const std::vector<TypeIndex>& params,
                       TypeIndex result) {
    TRY(at_most(params.size(), limits::kParameters, "parameters", name));
    for (TypeIndex t : params)
        TRY(exists(t, m.types.size(), "types", name));
    return exists(result, m.types.size(), "types", name);
}

Result check_fields(const Module& m, std::string_view name, const std::vector<Field>& fields) {
    TRY(at_most(fields.size(), limits::kFields, "fields", name));
    for (const Field& f : fields) {
        TRY(named(f.name, "field"));
        TRY(exists(f.type, m.types.size(), "types", f.name));
    }
    return {};
}

Result check_classes(const Module& m) {
    TRY(at_most(m.classes.size(), limits::kClasses, "classes"));
    for (const Class& c : m.classes) {
        TRY(named(c.name, "class"));
        TRY(check_fields(m, c.name, c.fields));
        TRY(at_most(c.interfaces.size(), limits::kClasses, "interfaces", c.name));
        for (auto i : c.interfaces)
            TRY(exists(i, m.classes.size(), "classes", c.name));
        TRY(at_most(c.implementations.size(), limits::kMethods, "implementations", c.name));
        for (const auto& i : c.implementations) {
            TRY(exists(i.method, m.methods.size(), "methods", c.name));
            TRY(exists(i.function, m.functions.size(), "functions", c.name));
        }
    }
    TRY(at_most(m.methods.size(), limits::kMethods, "methods"));
    for (const Method& method : m.methods) {
        TRY(named(method.name, "method"));
        TRY(exists(method.interface, m.classes.size(), "classes", method.name));
        TRY(check_signature(m, method.name, method.params, method.result));
    }
    TRY(at_most(m.structs.size(), limits::kStructs, "structs"));
    for (const Struct& s : m.structs) {
        TRY(named(s.name, "struct"));
        TRY(check_fields(m, s.name, s.fields));
    }
    return {};
}

Result check_contract(const Module& m, const Contract& c) {
    TRY(named(c.name, "contract"));
    TRY(at_most(c.messages.size(), limits::kMessages, "messages", c.name));
    for (const auto& message : c.messages) {
        TRY(named(message.name, "message"));
        if (message.direction > Contract::Direction::Out)
            return refuse(Rule::Format, message.name + " has a direction that does not exist");
        TRY(at_most(message.args.size(), limits::kMessageArguments, "arguments", message.name));
        for (TypeIndex t : message.args)
            TRY(exists(t, m.types.size(), "types", message.name));
    }
    TRY(at_most(c.states.size(), limits::kStates, "states", c.name));
    TRY(exists(0, c.states.size(), "states", c.name));
    for (const auto& state : c.states) {
        if (!state.name.empty()) TRY(named(state.name, "state"));
        TRY(at_most(state.transitions.size(), limits::kMessages, "transitions", c.name));
        for (const auto& t : state.transitions) {
            TRY(exists(t.message, c.messages.size(), "messages", c.name));
            TRY(exists(t.next, c.states.size(), "states", c.name));
        }
    }
    return {};
}

Result check_manifest(const Module& m) {
    const Manifest& manifest = m.manifest;
    TRY(named(manifest.sip, "SIP"));
    TRY(exists(manifest.entry, m.functions.size(), "functions", "the manifest"));
    TRY(at_most(manifest.resources.size(), limits::kResources, "resources", "the manifest"));
    for (const Resource& r : manifest.resources) {
        TRY(named(r.name, "resource"));
        if (r.what > Resource::What::Dma)
            return refuse(Rule::Format, r.name + " is of a kind of resource that does not exist");
        if (r.what == Resource::What::Endpoint && (r.first || r.count))
            return refuse(Rule::Format, r.name + " is an endpoint and has numbers");
        TRY(exists(r.type, m.types.size(), "types", r.name));
    }
    TRY(at_most(manifest.exports.size(), limits::kContracts, "exports", "the manifest"));
    for (auto e : manifest.exports)
        TRY(exists(e, m.contracts.size(), "contracts", "the manifest's export"));
    return {};
}

// One function's instructions. Each check says what it found at which instruction.
class Code {
public:
    Code(const Module& m, std::size_t number) : m_(m), number_(number), f_(m.functions[number]) {}

    Result check() {
        TRY(tables());
        for (pc_ = 0; pc_ < f_.code.size(); pc_++)
            TRY(instruction(f_.code[pc_]));
        return {};
    }

private:
    std::unexpected<Diagnosis> refuse_here(Rule rule, std::string sentence) {
        return std::unexpected(diagnose(m_, number_, pc_, rule, std::move(sentence)));
    }
    Result here(std::size_t index, std::size_t count, const char* what) {
        if (index < count) return {};
        return refuse_here(Rule::Index, "it names number " + std::to_string(index) + " of the " +
                                            what + ", but there are " + std::to_string(count));
    }

    Result tables() {
        TRY(named(f_.name, "function"));
        TRY(check_signature(m_, f_.name, f_.params, f_.result));
        TRY(at_most(f_.registers, limits::kRegisters, "registers", f_.name));
        if (f_.registers == 0)
            return refuse(Rule::Index, f_.name + " has no registers (one at least)");
        if (f_.params.size() > f_.registers)
            return refuse(Rule::Index, f_.name + " has more parameters than registers");
        TRY(blocks());
        TRY(at_most(f_.selects.size(), limits::kBlocks, "select tables", f_.name));
        for (const SelectTable& s : f_.selects)
            TRY(select_table(s));
        TRY(at_most(f_.switches.size(), limits::kBlocks, "switch tables", f_.name));
        for (const auto& s : f_.switches) {
            TRY(at_most(s.size(), limits::kSwitchEntries, "switch entries", f_.name));
            if (s.empty()) return refuse(Rule::Index, f_.name + " has an empty switch table");
            for (auto b : s)
                TRY(exists(b, f_.blocks.size(), "blocks", f_.name));
        }
        for (std::size_t i = 0; i < f_.lines.size(); i++)
            if (f_.lines[i].pc >= f_.code.size() || (i && f_.lines[i].pc <= f_.lines[i - 1].pc))
                return refuse(Rule::Format, f_.name + " has line numbers out of order");
        return {};
    }

    // Where the blocks begin; that they are not empty is pass 3's to say.
    Result blocks() {
        TRY(at_most(f_.blocks.size(), limits::kBlocks, "blocks", f_.name));
        if (f_.blocks.empty() || f_.blocks[0] != 0)
            return refuse(Rule::Index, f_.name + " has no block that begins at instruction 0");
        for (std::size_t i = 1; i < f_.blocks.size(); i++)
            if (f_.blocks[i] < f_.blocks[i - 1])
                return refuse(Rule::Index, f_.name + " has blocks out of order");
        if (f_.blocks.back() > f_.code.size())
            return refuse(Rule::Index, f_.name + " has a block behind its last instruction");
        return {};
    }

    Result select_table(const SelectTable& s) {
        TRY(at_most(s.cases.size(), limits::kSelectCases, "select cases", f_.name));
        for (const auto& c : s.cases) {
            TRY(at_most(c.patterns.size(), limits::kSelectOperands, "select patterns", f_.name));
            TRY(exists(c.block, f_.blocks.size(), "blocks", f_.name));
            for (const auto& p : c.patterns) {
                TRY(exists(p.operand, limits::kSelectOperands, "select operands", f_.name));
                TRY(exists(p.first, f_.registers, "registers", f_.name));
                if (p.message == SelectTable::kClosed) {
                    if (p.first)
                        return refuse(Rule::Encoding,
                                      f_.name + " has a select pattern `closed` with a register");
                } else if (p.message != SelectTable::kMember) {
                    TRY(exists(p.message, limits::kMessages, "messages", f_.name));
                }
            }
        }
        return {};
    }

    Result instruction(const Instruction& i) {
        if (i.op >= Opcode::kCount)
            return refuse_here(Rule::Encoding,
                               "there is no operation " + std::to_string(static_cast<int>(i.op)));
        const OpcodeInfo& op = info(i.op);
        TRY(operand(op.a, i.a, "first", i));
        TRY(operand(op.b, i.b, "second", i));
        TRY(operand(op.c, i.c, "third", i));
        TRY(immediate(op.imm, i));
        return arguments(i);
    }

    Result operand(Role role, std::uint8_t value, const char* which, const Instruction& i) {
        switch (role) {
        case Role::_:
            if (value == 0) return {};
            return refuse_here(Rule::Encoding, std::string("its unused ") + which + " operand is " +
                                                   std::to_string(value) + ", expected 0");
        case Role::D:
        case Role::U:
        case Role::M:
        case Role::X:
        case Role::A:
            if (value < f_.registers) return {};
            return refuse_here(Rule::Index, "it names r" + std::to_string(value) +
                                                ", but the function has " +
                                                std::to_string(f_.registers) + " registers");
        case Role::Sub:
            return sub_operation(value, i.op == Opcode::AluI ? static_cast<int>(AluOp::kCount)
                                                             : static_cast<int>(Condition::kCount));
        case Role::N:
            break;
        }
        if (i.op == Opcode::BrIs) return here(value, m_.classes.size(), "classes");
        if (value == 0 || value > limits::kSelectOperands)
            return refuse_here(Rule::Limit, "it has " + std::to_string(value) +
                                                " operands, expected 1 to " +
                                                std::to_string(limits::kSelectOperands));
        return {};
    }

    Result sub_operation(std::uint32_t value, std::uint32_t count) {
        if (value < count) return {};
        return refuse_here(Rule::Encoding,
                           "its sub-operation " + std::to_string(value) + " does not exist");
    }

    Result immediate(Immediate role, const Instruction& i) {
        switch (role) {
        case Immediate::_:
            if (i.imm == 0) return {};
            return refuse_here(Rule::Encoding,
                               "its unused immediate is " + std::to_string(i.imm) + ", expected 0");
        case Immediate::Int:
        case Immediate::Trap:
            return {};
        case Immediate::Alu:
            return sub_operation(i.imm, static_cast<int>(AluOp::kCount));
        case Immediate::Cond:
            return sub_operation(i.imm, static_cast<int>(Condition::kCount));
        case Immediate::Block:
            return here(i.imm, f_.blocks.size(), "blocks");
        case Immediate::Targets:
            TRY(here(i.true_block(), f_.blocks.size(), "blocks"));
            return here(i.false_block(), f_.blocks.size(), "blocks");
        case Immediate::Str:
            return here(i.imm, m_.strings.size(), "strings");
        case Immediate::Type:
            return here(i.imm, m_.types.size(), "types");
        case Immediate::Class:
            return here(i.imm, m_.classes.size(), "classes");
        case Immediate::Struct:
            return here(i.imm, m_.structs.size(), "structs");
        case Immediate::Field:
            return here(i.imm, limits::kFields, "fields");
        case Immediate::Func:
            return here(i.imm, m_.functions.size(), "functions");
        case Immediate::Import:
            return here(i.imm, m_.imports.size(), "imports");
        case Immediate::Method:
            return here(i.imm, m_.methods.size(), "methods");
        case Immediate::Contract:
            return here(i.imm, m_.contracts.size(), "contracts");
        case Immediate::Msg:
            return here(i.imm, limits::kMessages, "messages");
        case Immediate::Select:
            return here(i.imm, f_.selects.size(), "select tables");
        case Immediate::Switch:
            return here(i.imm, f_.switches.size(), "switch tables");
        case Immediate::Width:
            break;
        }
        bool port = i.op == Opcode::In || i.op == Opcode::Out;
        if (i.imm == 2 || i.imm == 4 || (port && i.imm == 1)) return {};
        return refuse_here(Rule::Encoding,
                           "its width is " + std::to_string(i.imm) +
                               (port ? ", expected 1, 2 or 4" : ", expected 2 or 4"));
    }

    // The consecutive registers that an instruction reads, where their number is known already.
    Result arguments(const Instruction& i) {
        std::size_t count = 0;
        switch (i.op) {
        case Opcode::Call:
            count = m_.functions[i.imm].params.size();
            break;
        case Opcode::CallI:
            count = m_.methods[i.imm].params.size();
            break;
        case Opcode::Copy:
            count = 5;
            break;
        case Opcode::Select:
            count = i.c;
            for (const auto& c : f_.selects[i.imm].cases)
                for (const auto& p : c.patterns)
                    TRY(here(p.operand, i.c, "select's operands"));
            break;
        default:
            return {};
        }
        if (i.b + count <= f_.registers) return {};
        return refuse_here(Rule::Index, "its " + std::to_string(count) + " arguments from r" +
                                            std::to_string(i.b) + " go beyond the " +
                                            std::to_string(f_.registers) + " registers");
    }

    const Module& m_;
    std::size_t number_;
    const Function& f_;
    std::uint32_t pc_ = 0;
};

} // namespace

Checked<void> check_bounds(const Module& m) {
    TRY(at_most(m.strings.size(), limits::kStrings, "strings"));
    for (const std::string& s : m.strings)
        TRY(at_most(s.size(), limits::kStringBytes, "bytes", "a string"));
    TRY(at_most(m.contracts.size(), limits::kContracts, "contracts"));
    TRY(check_types(m));
    TRY(check_classes(m));
    for (const Contract& c : m.contracts)
        TRY(check_contract(m, c));
    TRY(at_most(m.imports.size(), limits::kImports, "imports"));
    for (const Import& i : m.imports)
        TRY(named(i.name, "import"));
    TRY(at_most(m.functions.size(), limits::kFunctions, "functions"));
    TRY(at_most(m.source.size(), limits::kNameBytes, "bytes", "the source's name"));
    for (char c : m.source)
        if (c < 0x20 || c > 0x7e)
            return refuse(Rule::Format, "the source's name has a character that is not printable");
    TRY(check_manifest(m));
    std::size_t instructions = 0;
    for (std::size_t i = 0; i < m.functions.size(); i++) {
        instructions += m.functions[i].code.size();
        TRY(at_most(instructions, limits::kInstructions, "instructions"));
        TRY(Code(m, i).check());
    }
    return {};
}

} // namespace singlet::verifier
