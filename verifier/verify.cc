// The passes in their order. Each relies on what those before it have shown, and on nothing else.
#include "verifier/verify.hh"

#include <algorithm>

#include "lib/core/try.hh"
#include "verifier/decode.hh"
#include "verifier/edges.hh"
#include "verifier/fixpoint.hh"
#include "verifier/observer.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

Result check_tables(const Module& module) {
    // <since lab6 = auto later = [](const char* what) { return refuse(Rule::Format, std::string("this verifier has no rules for ") + what); };>
    // </since>
    // <since lab6 = if (!module.contracts.empty() || !module.manifest.resources.empty()) return later("contracts and resources");>
    // </since>
    // <since lab5 = if (!module.structs.empty()) return later("the exchange heap");>
    // </since>
    // <since lab5 = for (std::size_t t = kFirstOwnType; t < module.types.size(); ++t) if (module.types[t].kind >= Kind::Cell) return later("the exchange heap");>
    // </since>
    // <since lab6 = for (std::size_t t = kFirstOwnType; t < module.types.size(); ++t) if (module.types[t].kind >= Kind::Endpoint) return later("channels");>
    // </since>
    TRY(check_type_table(module));
    TRY(check_layouts(module));
    TRY(check_signatures(module));
    TRY(check_interfaces(module));
    return check_manifest(module);
}

// What an instruction stands for beyond itself: the targets and patterns in its table, which others may share, and the
// classes that a test for an interface tries. Counted once for each table.
class Breadth {
public:
    Breadth(const Function& f, const std::vector<std::uint32_t>& implementers)
        : f_(f), implementers_(implementers) {
        // <since lab6>
        for (const SelectTable& table : f.selects) {
            selects_.push_back(0);
            for (const auto& c : table.cases)
                selects_.back() += 1 + c.patterns.size();
        }
        // </since>
    }
    std::uint64_t of(const Instruction& i) const {
        switch (i.op) {
        case Opcode::Switch:
            return f_.switches[i.imm].size();
        // <since lab6>
        case Opcode::Select:
            return selects_[i.imm];
        // </since>
        case Opcode::BrIs:
            return implementers_[i.c];
        case Opcode::IsInst:
        case Opcode::Cast:
            return implementers_[i.imm];
        default:
            return 0;
        }
    }

private:
    const Function& f_;
    const std::vector<std::uint32_t>& implementers_;
    // <since lab6>
    std::vector<std::uint64_t> selects_;
    // </since>
};

// The states of all blocks are kept, and all that instructions stand for is compiled: both numbers are bounded for the
// whole module.
Result check_size(const Module& module) {
    std::vector<std::uint32_t> implementers(module.classes.size());
    for (const Class& c : module.classes)
        for (auto interface : c.interfaces)
            ++implementers[interface];
    std::uint64_t registers = 0, targets = 0;
    for (const Function& f : module.functions) {
        registers += std::uint64_t{f.registers} * f.blocks.size();
        const Breadth breadth(f, implementers);
        for (const Instruction& i : f.code)
            targets += breadth.of(i);
    }
    if (registers > limits::kStateRegisters)
        return refuse(Rule::Limit,
                      "the module has " + number_text(registers) +
                          " registers, counted once for each block, more than the limit of " +
                          number_text(limits::kStateRegisters));
    if (targets > limits::kTargets)
        return refuse(Rule::Limit,
                      "the module's switches, selects and tests for interfaces have " +
                          number_text(targets) +
                          " targets, patterns and classes in all, more than the limit of " +
                          number_text(limits::kTargets));
    return {};
}

Checked<FunctionFacts> check_function(const Program& program, const Reads& reads,
                                      std::size_t number, Observer* observer, Workspace& workspace,
                                      std::uint64_t& work) {
    if (observer) observer->function(program, number);
    const Function& function = program.module.functions[number];
    Meter meter(std::max<std::uint64_t>(
        limits::kWorkFloor, std::uint64_t{limits::kWorkPerInstruction} * function.code.size()));
    Flow flow = TRY(check_flow(program.module, number, workspace));
    std::vector<RegisterSet> live =
        TRY(find_liveness(program, reads, number, flow, meter, workspace));
    BlockStates entry = TRY(find_states(program, number, flow, live, meter, workspace, observer));
    TRY(check_edges(program, number, entry, meter, workspace));
    workspace.keep_little();
    work += meter.spent();
    return FunctionFacts{
        .entry = std::move(entry), .live_in = std::move(live), .order = std::move(flow.order)};
}

} // namespace

Checked<Verified> verify(BoundedModule module, const Environment& environment, Observer* observer) {
    Verified v;
    v.module_ = std::move(module).release();
    v.environment_ = environment;
    TRY(check_tables(v.module_));
    TRY(check_size(v.module_));
    // <since lab6>
    v.contracts_ = TRY(check_contracts(v.module_));
    // </since>
    v.kernel_calls_ = TRY(check_imports(v.module_, environment));
    v.subtypes_ = Subtypes(v.module_);
    v.functions_.reserve(v.module_.functions.size());
    const Program program = v.program();
    const Reads reads(program);
    Workspace workspace;
    for (std::size_t f = 0; f < v.module_.functions.size(); ++f)
        v.functions_.push_back(
            TRY(check_function(program, reads, f, observer, workspace, v.work_)));
    return v;
}

Program Verified::program() const {
    // <since lab6 = return {module_, subtypes_, environment_, kernel_calls_};>
    return {module_, subtypes_, environment_, kernel_calls_, contracts_};
    // </since>
}

} // namespace singlet::verifier
