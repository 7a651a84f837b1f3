// The rule of select. Its operands are endpoints that can receive next, and sets. Each can have, at its head, a message that its
// state receives [product.hh], or the news that the peer has closed; a set has a member. A select is complete when every combination of heads has a
// case that matches: then, whatever comes, it ends up in a block that knows what came.
#include <algorithm>

#include "lib/core/assert.hh"
#include "verifier/contracts.hh"
#include "verifier/limits.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"
#include "verifier/transfer.hh"

namespace singlet::verifier {
namespace {

std::string message_text(const Module& module, const Type& operand, std::uint16_t message) {
    if (message == SelectTable::kClosed) return "the closing";
    if (message == SelectTable::kMember) return "a member";
    if (operand.kind == Kind::Endpoint && message < module.contracts[operand.index].messages.size())
        return module.contracts[operand.index].messages[message].name;
    return "message #" + number_text(message);
}

// What can be at an operand's head.
struct Heads {
    Heads(const Module& module, const Type& operand) {
        if (operand.kind == Kind::Set) {
            what[count++] = SelectTable::kMember;
            return;
        }
        const Contract& contract = module.contracts[operand.index];
        for (const auto& t : contract.states[operand.state].transitions)
            if (sender(contract.messages[t.message]) != operand.side) what[count++] = t.message;
        what[count++] = SelectTable::kClosed;
    }

    bool contain(std::uint16_t head) const {
        return std::find(what, what + count, head) != what + count;
    }

    std::uint16_t what[limits::kMessages + 1];
    std::uint16_t count = 0;
};

} // namespace

bool Transfer::select(const Instruction& i, EdgeVisitor& visitor) {
    if (!select_operands(i)) return false;
    const auto& cases = function_->selects[i.imm].cases;
    for (std::size_t n = 0; n < cases.size(); ++n)
        if (!select_case(i, n) || !show(cases[n].block, visitor)) return false;
    return select_complete(i);
}

bool Transfer::select_operands(const Instruction& i) {
    for (std::size_t r = i.b; r < std::size_t{i.b} + i.c; ++r) {
        const Type& type = registers_[r];
        if (type.kind != Kind::Endpoint && type.kind != Kind::Set)
            return wrong_object(r, "an endpoint or a set");
        if (type.nullable) return wrong(r, "an endpoint or a set that is not null");
        if (type.kind == Kind::Endpoint && !receives_next(module_, type))
            return refuse(Rule::Endpoint, "select needs an endpoint that receives next in " +
                                              register_text(r) + ", but " + found(r) + " and can " +
                                              next_steps_text(module_, type));
    }
    return true;
}

// Makes the changes that hold on the edge to the case's block.
bool Transfer::select_case(const Instruction& i, std::size_t number) {
    const auto& patterns = function_->selects[i.imm].cases[number].patterns;
    if (patterns.empty())
        return refuse(Rule::Endpoint, "select needs something to wait for in each case, but case " +
                                          number_text(number) + " has no pattern");
    std::uint32_t seen = 0;
    for (const auto& pattern : patterns) {
        if (seen >> pattern.operand & 1)
            return refuse(Rule::Endpoint, "select needs patterns on different operands in case " +
                                              number_text(number) + ", but two are on " +
                                              register_text(i.b + pattern.operand));
        seen |= 1u << pattern.operand;
        if (!select_pattern(i, number, pattern)) return false;
    }
    return true;
}

// The operand steps on, and what came with the message is written to registers that nothing owned is lost from, and that no
// other pattern of the case writes to.
bool Transfer::select_pattern(const Instruction& i, std::size_t number,
                              const SelectTable::Pattern& pattern) {
    const std::size_t r = i.b + pattern.operand;
    const Type operand = registers_[r];
    if (!Heads(module_, operand).contain(pattern.message))
        return refuse(Rule::Endpoint,
                      "case " + number_text(number) + " of select waits for " +
                          message_text(module_, operand, pattern.message) + " on " +
                          register_text(r) + ", but " + found(r) + " and can " +
                          (operand.kind == Kind::Set ? std::string("only give a member")
                                                     : next_steps_text(module_, operand)));
    if (pattern.message == SelectTable::kMember)
        return receive(i, pattern.first, module_.types[operand.index]);
    Type next = operand;
    next.state = kClosedState;
    if (pattern.message != SelectTable::kClosed) {
        const Contract& contract = module_.contracts[operand.index];
        if (const auto* step = find_transition(contract, operand.state, pattern.message))
            next.state = step->next;
        const auto& args = contract.messages[pattern.message].args;
        if (!in_registers(pattern.first, args.size())) return false;
        for (std::size_t n = 0; n < args.size(); ++n)
            if (!receive(i, pattern.first + n, module_.types[args[n]])) return false;
    }
    change(r, next);
    return true;
}

bool Transfer::receive(const Instruction& i, std::size_t r, Type type) {
    for (const Undo& written : undo_)
        if (written.reg == r && (r < i.b || r >= std::size_t{i.b} + i.c))
            return refuse(Rule::Operand,
                          "select needs a register for each argument that a case receives, but " +
                              register_text(r) + " gets two");
    if (!free_to_write(r)) return false;
    change(r, type);
    return true;
}

// An odometer over the operands' heads.
bool Transfer::select_complete(const Instruction& i) {
    // <lab6:cases i else return true;>
    const auto& cases = function_->selects[i.imm].cases;
    const Type* operands = &registers_[i.b];
    std::vector<Heads> heads;
    for (std::size_t o = 0; o < i.c; ++o)
        heads.emplace_back(module_, operands[o]);
    std::uint64_t work = 0; // of one combination
    for (const auto& c : cases)
        work += 1 + c.patterns.size();
    std::size_t at[limits::kSelectOperands] = {};
    auto head = [&](std::size_t o) { return heads[o].what[at[o]]; };
    auto matches = [&](const SelectTable::Case& c) {
        for (const auto& pattern : c.patterns)
            if (head(pattern.operand) != pattern.message) return false;
        return true;
    };
    for (std::size_t combinations = 1;; ++combinations) {
        if (combinations > limits::kSelectCombinations || !meter_.spend(work))
            return refuse(Rule::Limit,
                          "select has more combinations of messages than can be checked");
        std::size_t match = 0;
        while (match < cases.size() && !matches(cases[match]))
            ++match;
        if (match == cases.size()) {
            std::string text;
            for (std::size_t o = 0; o < i.c; ++o)
                text += (o ? " with " : "") + message_text(module_, operands[o], head(o)) + " on " +
                        register_text(i.b + o);
            return refuse(Rule::Exhaustive,
                          "select needs a case for everything that can come, but has none for " +
                              text);
        }
        std::size_t o = 0;
        while (o < i.c && ++at[o] == heads[o].count)
            at[o++] = 0;
        if (o == i.c) return true;
    }
    // </lab6:cases>
}

} // namespace singlet::verifier
