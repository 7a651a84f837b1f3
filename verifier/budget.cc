#include "verifier/budget.hh"

#include <algorithm>

#include "verifier/flow.hh"
#include "verifier/limits.hh"

namespace singlet::verifier {

namespace {

constexpr std::uint64_t kGrowing = 3; // a vector's old and new store
constexpr std::uint64_t kAnyModule = 256u << 10;

// The loosest file: fields, cases and tables of a few bytes that become objects with a vector each.
constexpr std::uint64_t kDecodedByte = 24;

// ---- verify: of each register of each block ...
constexpr std::uint64_t kState = sizeof(Type);
constexpr std::uint64_t kExplained = sizeof(Type) + 4; // again, with origins, for a refusal's words
// ... and of each block: live registers, uses and definitions, order, vectors of origins.
constexpr std::uint64_t kBlockKept = 48, kBlockPassing = 256;
constexpr std::uint64_t kFunctionKept = 256;
constexpr std::uint64_t kPredecessor = 2; // of each edge

// <since lab6>
// ... and of the configurations of a contract: what is kept of each, its place in the table, the way to it.
constexpr std::uint64_t kConfiguration = 16 + 16 + 24;
constexpr std::uint64_t kRaces =
    kGrowing * (kConfiguration * limits::kConfigurations + limits::kConfigurationBytes);
// </since>

// ---- compile: of each value that lives in a block or is defined in it [x86/webs.hh]
constexpr std::uint64_t kValue = 144;
constexpr std::uint64_t kBlockCompiled = 256, kEdge = 64;
// Of each instruction: code, addresses to fill in, jumps. Each argument is moved on its own.
constexpr std::uint64_t kCode = 64, kArgumentCode = 32, kTargetCode = 48;
constexpr std::uint64_t kInstruction = 128, kRelocation = 16, kLine = 8;
constexpr std::uint64_t kImplementer = 2; // of an interface
constexpr std::uint64_t kLaidOut = 32;    // of a class or struct: and a word for each field
constexpr std::uint64_t kStackMap = 64;   // and a slot for each register

// <since lab6>
// Has some contract more configurations than states? [product.hh]
bool may_race(const Module& module) {
    for (const Contract& c : module.contracts)
        for (const auto& state : c.states)
            for (const auto& t : state.transitions)
                if (c.messages[t.message].direction !=
                    c.messages[state.transitions[0].message].direction)
                    return true;
    return false;
}
// </since>

std::uint64_t argument_count(const Verified& verified, const Instruction& i) {
    const Module& module = verified.module();
    switch (i.op) {
    case Opcode::Call:
    case Opcode::Start:
        return module.functions[i.imm].params.size();
    case Opcode::CallI:
        return module.methods[i.imm].params.size();
    case Opcode::CallK:
        return verified.kernel_signature(i.imm).params.size();
    case Opcode::Copy:
    case Opcode::Send:
        return limits::kMessageArguments;
    case Opcode::Select:
        return i.c;
    default:
        return 1;
    }
}

// These ask twice, and collect in between.
bool asks_twice(Opcode op) {
    return op == Opcode::XNew || op == Opcode::XVec || op == Opcode::XSwap ||
           op == Opcode::Channel || op == Opcode::SetNew || op == Opcode::Select ||
           op == Opcode::Start;
}

bool may_collect(Opcode op) {
    return op == Opcode::Call || op == Opcode::CallI || op == Opcode::CallK || op == Opcode::New ||
           op == Opcode::NewArr || op == Opcode::CellNew || asks_twice(op);
}

// What the instructions of a function become, and are on the way there.
struct Compiled {
    std::uint64_t code = 0, relocations = 0, maps = 0, passing = 0;

    std::uint64_t kept() const { return kGrowing * (code + kRelocation * relocations + maps); }
};

void add_select(Compiled& sum, const SelectTable& table) {
    for (const auto& c : table.cases) {
        const std::uint64_t moved = c.patterns.size() * (1 + 2 * limits::kMessageArguments);
        sum.code += kTargetCode + kArgumentCode * moved;
        sum.relocations += 2;
        sum.passing += kEdge + 16 * moved;
    }
}

Compiled instructions(const Verified& verified, const Function& f,
                      const std::vector<std::uint32_t>& implementers) {
    Compiled sum{.code = kCode, // the stack test
                 .relocations = 2,
                 .maps = kStackMap + 2u * f.params.size()};
    for (const Instruction& i : f.code) {
        const std::uint64_t arguments = argument_count(verified, i);
        sum.code += kCode + kArgumentCode * arguments;
        sum.relocations += 2 + arguments;
        sum.passing += kInstruction;
        if (may_collect(i.op)) sum.maps += kStackMap + 2u * f.registers;
        if (asks_twice(i.op)) sum.relocations += 2;
        // <since lab6>
        if (i.op == Opcode::Start) { // a thunk
            sum.code += kCode + kArgumentCode * arguments;
            sum.relocations++;
            sum.maps += 2 * kStackMap + 4 * arguments;
        }
        // </since>
        if (i.op == Opcode::Select) add_select(sum, f.selects[i.imm]);
        if (i.op == Opcode::Switch) {
            sum.code += kTargetCode * f.switches[i.imm].size();
            sum.relocations += f.switches[i.imm].size();
            sum.passing += kEdge * f.switches[i.imm].size();
        }
        const bool test = i.op == Opcode::IsInst || i.op == Opcode::Cast;
        if (test || i.op == Opcode::BrIs) {
            const std::uint32_t classes = implementers[test ? i.imm : i.c];
            sum.code += kTargetCode * classes;
            sum.relocations += classes;
        }
    }
    sum.passing += sum.kept(); // in the assembler, before it joins the image
    return sum;
}

std::uint64_t values(const Verified& verified, std::size_t number) {
    const Function& f = verified.module().functions[number];
    std::uint64_t sum = f.code.size();
    for (const RegisterSet& live : verified.facts(number).live_in)
        sum += live.count();
    for (const Instruction& i : f.code)
        sum += i.op == Opcode::Channel;
    return sum;
}

// The data of the image: literals, descriptors with a word for each method and field, lines.
std::uint64_t data_size(const Module& module) {
    std::uint64_t sum = 0;
    for (const std::string& s : module.strings)
        sum += s.size() + 16;
    for (const Class& c : module.classes)
        sum += 64 + (4 + kRelocation) * (c.fields.size() + module.methods.size()) +
               kImplementer * c.interfaces.size() + kLaidOut + 4 * c.fields.size();
    for (const Struct& s : module.structs)
        sum += kLaidOut + 4 * s.fields.size();
    for (const Function& f : module.functions)
        sum += 64 + kLine * f.lines.size();
    return kGrowing * sum;
}

} // namespace

std::uint64_t memory_to_decode(std::size_t file_bytes) {
    return kAnyModule + kDecodedByte * file_bytes;
}

std::uint64_t memory_to_verify(const Module& module) {
    std::uint64_t states = 0, kept = 0, most = 0;
    for (const Function& f : module.functions) {
        const std::uint64_t here = std::uint64_t{f.registers} * f.blocks.size();
        states += here;
        kept += kFunctionKept + kBlockKept * f.blocks.size();
        most = std::max(most, kExplained * std::min<std::uint64_t>(here, limits::kStateRegisters) +
                                  kBlockPassing * f.blocks.size());
    }
    states = std::min<std::uint64_t>(states, limits::kStateRegisters); // more is refused
    const std::uint64_t classes = module.classes.size();
    std::uint64_t contracts = 0;
    // <since lab6>
    contracts = sizeof(ContractFacts) * module.contracts.size() + (may_race(module) ? kRaces : 0);
    // </since>
    return kAnyModule + kState * states + kept + most + classes * (classes + 64) / 8 +
           kGrowing * limits::kMeetings * 32 + kPredecessor * limits::kTargets + contracts;
}

std::uint64_t memory_to_compile(const Verified& verified) {
    const Module& module = verified.module();
    std::vector<std::uint32_t> implementers(module.classes.size());
    for (const Class& c : module.classes)
        for (auto interface : c.interfaces)
            ++implementers[interface];
    std::uint64_t kept = data_size(module), most = 0;
    for (std::size_t f = 0; f < module.functions.size(); ++f) {
        const Compiled sum = instructions(verified, module.functions[f], implementers);
        kept += sum.kept();
        most = std::max(most, sum.passing + kValue * values(verified, f) +
                                  kBlockCompiled * module.functions[f].blocks.size());
    }
    return kAnyModule + kept + most;
}

} // namespace singlet::verifier
