// check_bounds() inside a function: blocks, tables, and instructions by the roles that isa.def gives their fields.
#include <algorithm>
#include <array>
#include <optional>

#include "lib/core/assert.hh"
#include "lib/core/try.hh"
#include "verifier/decode_bounds.hh"

namespace singlet::verifier::bounds {

namespace {

// One function's tables, and then its instructions. A check of an instruction that fails leaves its diagnosis and is false.
class Code {
public:
    Code(const Module& m, std::size_t number) : m_(m), number_(number), f_(m.functions[number]) {
        auto numbers = [this](Immediate role, std::size_t count, const char* what) {
            tables_[static_cast<std::size_t>(role)] = {count, what};
        };
        numbers(Immediate::Block, f_.blocks.size(), "blocks");
        numbers(Immediate::Str, m.strings.size(), "strings");
        numbers(Immediate::Type, m.types.size(), "types");
        numbers(Immediate::Class, m.classes.size(), "classes");
        numbers(Immediate::Struct, m.structs.size(), "structs");
        numbers(Immediate::Field, limits::kFields, "fields");
        numbers(Immediate::Func, m.functions.size(), "functions");
        numbers(Immediate::Import, m.imports.size(), "imports");
        numbers(Immediate::Method, m.methods.size(), "methods");
        numbers(Immediate::Contract, m.contracts.size(), "contracts");
        numbers(Immediate::Msg, limits::kMessages, "messages");
        numbers(Immediate::Select, f_.selects.size(), "select tables");
        numbers(Immediate::Switch, f_.switches.size(), "switch tables");
    }

    Result check() {
        TRY(about(m_, number_, tables()));
        for (pc_ = 0; pc_ < f_.code.size(); pc_++)
            if (!instruction(f_.code[pc_])) return std::unexpected(std::move(*diagnosis_));
        return {};
    }

private:
    bool refuse_here(Rule rule, std::string sentence) {
        diagnosis_ = diagnose(m_, number_, pc_, rule, std::move(sentence));
        return false;
    }
    bool here(std::size_t index, std::size_t count, const char* what) {
        // <lab3:bounds index, count, what else return true;>
        if (index < count) return true;
        return refuse_here(Rule::Index, "it names number " + std::to_string(index) + " of the " +
                                            what + ", but there are " + std::to_string(count));
        // </lab3:bounds>
    }
    // The registers from `first` on exist.
    bool registers(std::size_t first, std::size_t count) {
        // <lab3:bounds first, count else return true;>
        if (first + count <= f_.registers) return true;
        if (count == 1)
            return refuse_here(Rule::Index, "it names r" + std::to_string(first) +
                                                ", but the function has " +
                                                std::to_string(f_.registers) + " registers");
        return refuse_here(Rule::Index, "its " + std::to_string(count) + " arguments from r" +
                                            std::to_string(first) + " go beyond the " +
                                            std::to_string(f_.registers) + " registers");
        // </lab3:bounds>
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
        find_operands();
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

    // The highest operand that each select table names: many instructions may share a table.
    void find_operands() {
        highest_operand_.assign(f_.selects.size(), 0);
        for (std::size_t s = 0; s < f_.selects.size(); ++s)
            for (const auto& c : f_.selects[s].cases)
                for (const auto& p : c.patterns)
                    highest_operand_[s] = std::max(highest_operand_[s], p.operand);
    }

    bool instruction(const Instruction& i) {
        if (i.op >= Opcode::kCount)
            return refuse_here(Rule::Encoding,
                               "there is no operation " + std::to_string(static_cast<int>(i.op)));
        const OpcodeInfo& op = info(i.op);
        return operand(op.a, i.a, "first", i) && operand(op.b, i.b, "second", i) &&
               operand(op.c, i.c, "third", i) && immediate(op.imm, i) &&
               (op.b != Role::A || arguments(i));
    }

    // Nearly all operands are registers or unused, so that is asked without a detour.
    bool operand(Role role, std::uint8_t value, const char* which, const Instruction& i) {
        if (role >= Role::D && role <= Role::A) return value < f_.registers || registers(value, 1);
        if (role == Role::_ && value == 0) return true;
        return no_register(role, value, which, i);
    }

    [[gnu::noinline]] bool no_register(Role role, std::uint8_t value, const char* which,
                                       const Instruction& i) {
        if (role == Role::_)
            return refuse_here(Rule::Encoding, std::string("its unused ") + which + " operand is " +
                                                   std::to_string(value) + ", expected 0");
        if (role == Role::Sub)
            return sub_operation(value, i.op == Opcode::AluI ? static_cast<int>(AluOp::kCount)
                                                             : static_cast<int>(Condition::kCount));
        if (i.op == Opcode::BrIs) return here(value, m_.classes.size(), "classes");
        if (value == 0 || value > limits::kSelectOperands)
            return refuse_here(Rule::Limit, "it has " + std::to_string(value) +
                                                " operands, expected 1 to " +
                                                std::to_string(limits::kSelectOperands));
        return true;
    }

    bool sub_operation(std::uint32_t value, std::uint32_t count) {
        if (value < count) return true;
        return refuse_here(Rule::Encoding,
                           "its sub-operation " + std::to_string(value) + " does not exist");
    }

    // Most are a number in a table, and in bounds, so that too is asked at once.
    bool immediate(Immediate role, const Instruction& i) {
        const Table& table = tables_[static_cast<std::size_t>(role)];
        if (i.imm < table.count) return true;
        if (table.what) return here(i.imm, table.count, table.what);
        switch (role) {
        case Immediate::_:
            if (i.imm == 0) return true;
            return refuse_here(Rule::Encoding,
                               "its unused immediate is " + std::to_string(i.imm) + ", expected 0");
        case Immediate::Int:
        case Immediate::Trap:
            return true;
        case Immediate::Alu:
            return sub_operation(i.imm, static_cast<int>(AluOp::kCount));
        case Immediate::Cond:
            return sub_operation(i.imm, static_cast<int>(Condition::kCount));
        case Immediate::Targets:
            return here(i.true_block(), f_.blocks.size(), "blocks") &&
                   here(i.false_block(), f_.blocks.size(), "blocks");
        default:
            break;
        }
        bool port = i.op == Opcode::In || i.op == Opcode::Out;
        if (i.imm == 2 || i.imm == 4 || (port && i.imm == 1)) return true;
        return refuse_here(Rule::Encoding,
                           "its width is " + std::to_string(i.imm) +
                               (port ? ", expected 1, 2 or 4" : ", expected 2 or 4"));
    }

    // The consecutive registers that an instruction reads, where their number is known already.
    bool arguments(const Instruction& i) {
        std::size_t count = 0;
        switch (i.op) {
        case Opcode::Call:
        case Opcode::Start:
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
            if (!here(highest_operand_[i.imm], i.c, "select's operands")) return false;
            break;
        default:
            return true;
        }
        return registers(i.b, count);
    }

    // What the immediates of a role are numbers of; for the other roles, nothing.
    struct Table {
        std::size_t count = 0;
        const char* what = nullptr;
    };

    const Module& m_;
    std::size_t number_;
    const Function& f_;
    std::array<Table, static_cast<std::size_t>(Immediate::Trap) + 1> tables_;
    std::uint32_t pc_ = 0;
    std::vector<std::uint8_t> highest_operand_;
    std::optional<Diagnosis> diagnosis_;
};

} // namespace

Result check_code(const Module& m, std::size_t function) { return Code(m, function).check(); }

} // namespace singlet::verifier::bounds
