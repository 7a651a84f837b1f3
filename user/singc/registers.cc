// Only what lives inside of one block shares: in no block is it read before it is written there, and no edge writes it. What
// lives longer keeps a register of its own, and so does what may be owned: on the way to a trap it is left where it is. So no
// value meets another one where blocks meet, and for the compiler to x86, which tells the values of a register apart, nothing
// has changed. Nobody has to trust this either.
//
// The registers of an argument list stand in a row, and go together wherever they go: they are a group.
#include "user/singc/registers.hh"

#include <algorithm>
#include <array>
#include <bitset>

#include "verifier/flow.hh"
#include "verifier/liveness.hh"
#include "verifier/tables.hh"

namespace singlet::singc {
namespace {

using verifier::Instruction;
using verifier::Opcode;
using verifier::Role;

using Set = std::bitset<verifier::limits::kRegisters>;

class Sharing {
public:
    Sharing(const verifier::Program& program, const verifier::Reads& reads, verifier::Function& f)
        : program_(program), module_(program.module), reads_(reads), f_(f) {}

    void run() {
        for (std::size_t r = 0; r < f_.params.size(); r++)
            used_.set(r), lasting_.set(r);
        for (std::size_t b = 0; b < f_.blocks.size(); b++)
            look_at(b);
        for (const auto& table : f_.selects)
            look_at(table);
        find_owners();
        number_lasting();
        std::vector<Instruction> code = f_.code;
        for (std::size_t b = 0; b < f_.blocks.size(); b++)
            if (!rename(b, code)) return; // no room: it stays as it is
        f_.code = std::move(code);
        for (auto& table : f_.selects)
            for (auto& c : table.cases)
                for (auto& p : c.patterns)
                    if (brought(p) > 0) p.first = new_number_[p.first];
        f_.registers = static_cast<std::uint16_t>(std::max<std::size_t>(high_, 1));
    }

private:
    // f(field) for each field of the instruction that names a register.
    template <class I, class F>
    void each_field(I& i, F f) const {
        const auto& roles = verifier::info(i.op);
        auto field = [&](Role role, auto& r) {
            if (role >= Role::D && role <= Role::A) f(role, r);
        };
        if (roles.a != Role::D || verifier::is_terminator(i.op) || reads_.has_result(i))
            field(roles.a, i.a); // a call without a result names no register
        field(roles.b, i.b), field(roles.c, i.c);
    }

    // Every register that the instruction reads or writes.
    template <class F>
    void each_register(const Instruction& i, F f) const {
        reads_.each(f_, i, f);
        each_field(i, [&](Role, const std::uint8_t& r) { f(std::size_t{r}); });
    }

    void look_at(std::size_t block) {
        Set written;
        for (auto pc = f_.blocks[block]; pc < verifier::block_end(f_, block); pc++) {
            const Instruction& i = f_.code[pc];
            std::size_t before = verifier::limits::kRegisters;
            reads_.each(f_, i, [&](std::size_t r) {
                used_.set(r);
                if (!written[r]) lasting_.set(r);
            });
            each_field(i, [&](Role role, const std::uint8_t& r) {
                used_.set(r);
                if (role == Role::A) before = r;
                if (role == Role::D && verifier::is_terminator(i.op)) lasting_.set(r);
                if (role == Role::D) written.set(r);
            });
            join(i, before);
        }
    }

    // The registers of an argument list from `first` on stay together.
    void join(const Instruction& i, std::size_t first) {
        Set read;
        reads_.each(f_, i, [&](std::size_t r) { read.set(r); });
        for (std::size_t r = first + 1; r < read.size() && read[r]; r++)
            with_next_.set(r - 1);
    }

    bool may_give_owned(const Instruction& i) const {
        auto linear = [&](std::size_t type) {
            return verifier::is_linear(module_.types[type].kind);
        };
        switch (i.op) {
        case Opcode::Mov:
            return owners_[i.b];
        case Opcode::Call:
            return linear(module_.functions[i.imm].result);
        case Opcode::CallI:
            return linear(module_.methods[i.imm].result);
        case Opcode::CallK:
            return linear(program_.kernel_call(i.imm).result);
        case Opcode::CellTake:
        case Opcode::XNew:
        case Opcode::XVec:
        case Opcode::XSwap:
        case Opcode::Channel:
        case Opcode::Wrap:
        case Opcode::Unwrap:
        case Opcode::SetNew:
            return true;
        default:
            return false;
        }
    }

    // Moves hand on what others have made, so they are gone through until nothing is new.
    void find_owners() {
        for (bool learnt = true; learnt;) {
            learnt = false;
            for (const Instruction& i : f_.code) {
                if (!may_give_owned(i)) continue;
                each_field(i, [&](Role role, const std::uint8_t& r) {
                    if (role != Role::D && role != Role::X) return;
                    learnt |= !owners_[r];
                    owners_.set(r);
                });
            }
        }
        lasting_ |= owners_;
    }

    // How many registers a pattern writes at most: as many as any contract's message of that number has arguments.
    std::size_t brought(const verifier::SelectTable::Pattern& p) const {
        std::size_t count = p.message == verifier::SelectTable::kMember;
        for (const auto& contract : module_.contracts)
            if (p.message < contract.messages.size())
                count = std::max(count, contract.messages[p.message].args.size());
        return std::min<std::size_t>(count, f_.registers - p.first);
    }

    // What a select brings is written on its edges.
    void look_at(const verifier::SelectTable& table) {
        for (const auto& c : table.cases)
            for (const auto& p : c.patterns) {
                const auto count = brought(p);
                for (std::size_t k = 0; k < count; k++) {
                    used_.set(p.first + k), lasting_.set(p.first + k);
                    if (k > 0) with_next_.set(p.first + k - 1);
                }
            }
    }

    std::size_t group_end(std::size_t first) const {
        while (with_next_[first])
            first++;
        return first + 1;
    }

    // In the order that they had: parameters stay where they are. A group lasts if one of it does.
    void number_lasting() {
        for (std::size_t r = 0, end; r < f_.registers; r = end) {
            end = group_end(r);
            for (auto k = r; k < end; k++)
                group_[k] = static_cast<std::uint8_t>(r);
            bool lasts = false, is_used = false;
            for (auto k = r; k < end; k++)
                lasts |= lasting_[k], is_used |= used_[k];
            if (!lasts || !is_used) continue;
            for (auto k = r; k < end; k++)
                lasting_.set(k), new_number_[k] = static_cast<std::uint8_t>(first_shared_++);
        }
        high_ = first_shared_;
    }

    // From its first instruction in the block to its last one a group has the first registers that are free.
    bool rename(std::size_t block, std::vector<Instruction>& code) {
        const auto begin = f_.blocks[block], end = verifier::block_end(f_, block);
        std::array<std::uint32_t, verifier::limits::kRegisters>
            last{}; // instruction, of each group
        for (auto pc = begin; pc < end; pc++)
            each_register(f_.code[pc], [&](std::size_t r) { last[group_[r]] = pc; });
        Set here, busy;
        for (auto pc = begin; pc < end; pc++) {
            bool room = true;
            each_register(f_.code[pc], [&](std::size_t r) {
                const auto group = group_[r];
                if (lasting_[r] || here[group]) return;
                here.set(group);
                room = room && place(group, busy);
            });
            if (!room) return false;
            each_field(code[pc], [&](Role, std::uint8_t& r) { r = new_number_[r]; });
            each_register(f_.code[pc], [&](std::size_t r) {
                const auto group = group_[r];
                if (lasting_[r] || last[group] != pc) return;
                for (std::size_t k = group; k < group_end(group); k++)
                    busy.reset(new_number_[k]);
            });
        }
        return true;
    }

    bool place(std::size_t group, Set& busy) {
        const std::size_t count = group_end(group) - group;
        std::size_t run = 0, r = first_shared_;
        for (; r < busy.size() && run < count; r++)
            run = busy[r] ? 0 : run + 1;
        if (run < count) return false;
        for (std::size_t k = 0; k < count; k++) {
            busy.set(r - count + k);
            new_number_[group + k] = static_cast<std::uint8_t>(r - count + k);
        }
        high_ = std::max(high_, r);
        return true;
    }

    const verifier::Program& program_;
    const verifier::Module& module_;
    const verifier::Reads& reads_;
    verifier::Function& f_;
    Set used_, lasting_, owners_;
    Set with_next_; // the next register is of the same group
    std::array<std::uint8_t, verifier::limits::kRegisters> group_{}; // its first register, of each
    std::array<std::uint8_t, verifier::limits::kRegisters> new_number_{};
    std::size_t first_shared_ = 0, high_ = 0; // new numbers
};

} // namespace

void share_registers(verifier::Module& module, const verifier::Environment& environment) {
    const auto calls = verifier::check_imports(module, environment);
    if (!calls) return; // the verifier will say so
    const verifier::Subtypes subtypes(module);
    const std::vector<verifier::ContractFacts> contracts; // nobody asks for them
    const verifier::Program program{module, subtypes, environment, *calls, contracts};
    const verifier::Reads reads(program);
    for (verifier::Function& f : module.functions)
        Sharing(program, reads, f).run();
}

} // namespace singlet::singc
