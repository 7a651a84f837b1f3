#include "verifier/flow.hh"

#include <algorithm>

#include "lib/core/assert.hh"
#include "lib/core/try.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

Result check_blocks(const Module& module, std::size_t number) {
    const Function& f = module.functions[number];
    auto refuse_at = [&](std::uint32_t pc, std::string sentence) {
        return std::unexpected(diagnose(module, number, pc, Rule::Blocks, std::move(sentence)));
    };
    // <lab3:flow f, refuse_at else return Result{};>
    for (std::size_t b = 0; b < f.blocks.size(); ++b) {
        const std::uint32_t begin = f.blocks[b], end = block_end(f, b);
        if (begin >= end)
            return refuse(Rule::Blocks, "block " + number_text(b) + " of " + f.name +
                                            " must have an instruction, but is empty");
        for (std::uint32_t pc = begin; pc + 1 < end; ++pc)
            if (is_terminator(f.code[pc].op))
                return refuse_at(pc, std::string(opcode_text(f.code[pc].op)) +
                                         " ends a block, but stands inside block " +
                                         number_text(b));
        if (!is_terminator(f.code[end - 1].op))
            return refuse_at(end - 1, "block " + number_text(b) +
                                          " must end in a terminator, but ends in " +
                                          std::string(opcode_text(f.code[end - 1].op)));
    }
    return {};
    // </lab3:flow>
}

} // namespace

// Depth first with an explicit stack, the last successor first: so the order is close to that of the text. Each edge is gone
// along once, and limits::kTargets bounds those of all tables together.
Checked<Flow> check_flow(const Module& module, std::size_t number, Workspace& workspace) {
    TRY(check_blocks(module, number));
    const Function& f = module.functions[number];
    constexpr std::uint16_t kNew = 0xffff, kSeen = 0xfffe;
    Flow flow{.order = {}, .position = std::vector<std::uint16_t>(f.blocks.size(), kNew)};
    flow.order.reserve(f.blocks.size());
    auto& stack = workspace.visits;
    stack.assign(1, {0, 0});
    flow.position[0] = kSeen;
    while (!stack.empty()) {
        auto& [block, next] = stack.back();
        const Instruction& terminator = f.code[block_end(f, block) - 1];
        const std::size_t count = successor_count(f, terminator);
        if (next == count) {
            flow.order.push_back(block);
            stack.pop_back();
            continue;
        }
        const std::uint16_t target = successor(f, terminator, count - ++next);
        if (flow.position[target] != kNew) continue;
        flow.position[target] = kSeen;
        stack.push_back({target, 0});
    }
    const auto lost = std::find(flow.position.begin(), flow.position.end(), kNew);
    if (lost != flow.position.end()) {
        const std::size_t block = lost - flow.position.begin();
        return std::unexpected(
            diagnose(module, number, f.blocks[block], Rule::Blocks,
                     "block " + number_text(block) +
                         " must be reached from block 0, but no path leads there"));
    }
    std::reverse(flow.order.begin(), flow.order.end());
    for (std::size_t i = 0; i < flow.order.size(); ++i)
        flow.position[flow.order[i]] = static_cast<std::uint16_t>(i);
    return flow;
}

} // namespace singlet::verifier
