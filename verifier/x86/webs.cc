#include "verifier/x86/webs.hh"

#include <algorithm>

#include "lib/core/assert.hh"

namespace singlet::verifier::x86 {

namespace {

bool is_comparison(Opcode op) {
    return op == Opcode::Cmp || op == Opcode::CmpI || op == Opcode::CmpL || op == Opcode::IsNull ||
           op == Opcode::RefEq;
}

const ChannelTypes kNoChannel{};

} // namespace

Webs::Webs(const Verified& verified, std::size_t function)
    : verified_(verified), function_(verified.module().functions[function]),
      facts_(verified.facts(function)), index_(function) {
    lay_out();
    find_live();
    number_nodes();
    find_ranges();
}

const ChannelTypes& Webs::channel(std::uint32_t pc) const {
    auto at = std::lower_bound(channels_.begin(), channels_.end(), pc,
                               [](const auto& entry, std::uint32_t x) { return entry.first < x; });
    return at != channels_.end() && at->first == pc ? at->second : kNoChannel;
}

// The blocks in the order of their numbers, which is that of the source: loops lie together. A jump
// backwards closes a loop around everything between.
void Webs::lay_out() {
    auto order = facts_.order;
    std::sort(order.begin(), order.end());
    position_.assign(function_.blocks.size(), 0);
    blocks_.resize(order.size());
    Replay replay(verified_, index_);
    for (std::size_t k = 0; k < order.size(); ++k) {
        auto& block = blocks_[k];
        block.number = order[k];
        block.begin = function_.blocks[order[k]];
        block.end = order[k] + 1u < function_.blocks.size()
                        ? function_.blocks[order[k] + 1u]
                        : static_cast<std::uint32_t>(function_.code.size());
        block.at = instructions_;
        instructions_ += block.end - block.begin;
        position_[order[k]] = static_cast<std::uint32_t>(k);
        replay.enter(order[k]);
        for (auto pc = block.begin; pc < block.end; ++pc) {
            const auto& i = function_.code[pc];
            const auto& types = replay.registers();
            if (i.op == Opcode::Send) channels_.push_back({pc, {types[i.b]}});
            if (i.op == Opcode::Select) {
                channels_.push_back({pc, {}});
                for (unsigned n = 0; n < i.c; ++n)
                    channels_.back().second[n] = types[i.b + n];
            }
            if (pc + 1 < block.end) replay.step();
        }
        block.edges =
            edges(verified_, function_, function_.code[block.end - 1], channel(block.end - 1));
    }
    std::vector<std::uint32_t> loop_end(blocks_.size(), 0); // by header; 0: none
    for (std::uint32_t k = 0; k < blocks_.size(); ++k)
        for (const auto& edge : blocks_[k].edges)
            if (auto to = position_[edge.to]; to <= k) loop_end[to] = std::max(loop_end[to], k + 1);
    std::vector<std::uint32_t> ends(blocks_.size() + 1, 0);
    std::uint32_t depth = 0;
    for (std::uint32_t k = 0; k < blocks_.size(); ++k) {
        depth -= ends[k];
        if (loop_end[k] != 0) ++depth, ++ends[loop_end[k]];
        blocks_[k].depth = depth;
    }
}

// Successors first, whatever the order of the numbers: a sweep for each level of loops, and one more.
void Webs::find_live() {
    for (bool changed = true; changed;) {
        changed = false;
        for (auto n = facts_.order.rbegin(); n != facts_.order.rend(); ++n) {
            auto* b = &blocks_[position_[*n]];
            RegisterSet live;
            for (const auto& edge : b->edges) {
                auto in = blocks_[position_[edge.to]].live_in;
                for (auto r : edge.defs)
                    in.reset(r);
                live |= in;
            }
            b->live_out = live;
            for (auto pc = b->end; pc-- > b->begin;) {
                auto o = operands(verified_, function_.code[pc], channel(pc));
                for (unsigned n = 0; n < o.def_count; ++n)
                    live.reset(o.defs[n]);
                for (unsigned n = 0; n < o.use_count; ++n)
                    live.set(o.uses[n]);
            }
            if (live != b->live_in) b->live_in = live, changed = true;
        }
    }
}

std::uint32_t Webs::find(std::uint32_t n) {
    while (parent_[n] != n)
        n = parent_[n] = parent_[parent_[n]];
    return n;
}

void Webs::unite(std::uint32_t a, std::uint32_t b) {
    a = find(a), b = find(b);
    if (a == b) return;
    if (b < a) std::swap(a, b);
    parent_[b] = a;
    Web &x = webs_[a], &y = webs_[b];
    ASSERT(x.reg == y.reg);
    x.wide |= y.wide;
    if (x.value == Web::Value::Unknown)
        x.value = y.value, x.constant = y.constant;
    else if (y.value != Web::Value::Unknown && (x.value != y.value || x.constant != y.constant))
        x.value = Web::Value::Varying;
}

std::uint32_t Webs::node(std::uint8_t reg, bool wide, Web::Value value, std::int32_t constant) {
    auto n = static_cast<std::uint32_t>(parent_.size());
    parent_.push_back(n);
    Web web;
    web.reg = reg, web.wide = wide, web.value = value, web.constant = constant, web.order = n;
    webs_.push_back(web);
    return n;
}

std::uint32_t Webs::node_of_definition(const Instruction& i, std::uint8_t reg, bool wide) {
    auto imm = static_cast<std::int32_t>(i.imm);
    switch (i.op) {
    case Opcode::LdI:
    case Opcode::LdL:
        return node(reg, wide, Web::Value::Number, imm);
    case Opcode::Null:
        return node(reg, wide, Web::Value::Number, 0);
    case Opcode::LdStr:
        return node(reg, wide, Web::Value::Literal, imm);
    default:
        return node(reg, wide, Web::Value::Varying, 0);
    }
}

// Nodes of a block's live registers lie in order of their numbers.
std::uint32_t Webs::entry_node(const Block& block, std::uint8_t reg) const {
    auto below = block.live_in << (limits::kRegisters - reg);
    return block.first_node + static_cast<std::uint32_t>(reg == 0 ? 0 : below.count());
}

WebIndex Webs::at_entry(const Block& block, std::uint8_t reg) const {
    return block.live_in[reg] ? web_of_[entry_node(block, reg)] : kNoWeb;
}

void Webs::join_edges(const Block& block, std::span<const std::uint32_t> current) {
    for (const auto& edge : block.edges) {
        const auto& to = blocks_[position_[edge.to]];
        std::uint32_t n = to.first_node;
        for (unsigned r = 0; r < function_.registers; ++r) {
            if (!to.live_in[r]) continue;
            bool written = std::find(edge.defs.begin(), edge.defs.end(), r) != edge.defs.end();
            if (written)
                webs_[find(n)].value = Web::Value::Varying;
            else
                unite(n, current[r]);
            ++n;
        }
    }
}

void Webs::number_nodes() {
    std::size_t most = 0; // one a live register and one a definition
    for (const auto& block : blocks_) {
        most += block.live_in.count() + block.end - block.begin;
        for (auto pc = block.begin; pc < block.end; ++pc)
            most += function_.code[pc].op == Opcode::Channel;
    }
    webs_.reserve(most);
    parent_.reserve(most);
    for (auto& block : blocks_) {
        block.first_node = static_cast<std::uint32_t>(parent_.size());
        const auto& entry = facts_.entry[block.number];
        for (unsigned r = 0; r < function_.registers; ++r)
            if (block.live_in[r])
                node(static_cast<std::uint8_t>(r), entry[r].kind == Kind::I64,
                     block.number == 0 ? Web::Value::Varying : Web::Value::Unknown, 0);
    }
    Replay replay(verified_, index_);
    std::vector<std::uint32_t> current(limits::kRegisters, 0);
    for (auto& block : blocks_) {
        std::uint32_t n = block.first_node;
        for (unsigned r = 0; r < function_.registers; ++r)
            if (block.live_in[r]) current[r] = n++;
        block.first_def_node = static_cast<std::uint32_t>(parent_.size());
        replay.enter(block.number);
        for (auto pc = block.begin; pc < block.end; ++pc) {
            const auto& i = function_.code[pc];
            if (i.op == Opcode::BrNz && pc > block.begin && !block.live_out[i.a]) {
                const auto& before = function_.code[pc - 1];
                if (is_comparison(before.op) && before.a == i.a) webs_[current[i.a]].fused = true;
            }
            if (pc + 1 == block.end) break;
            replay.step();
            auto o = operands(verified_, i, channel(pc));
            for (unsigned k = 0; k < o.def_count; ++k)
                current[o.defs[k]] = node_of_definition(
                    i, o.defs[k], replay.registers()[o.defs[k]].kind == Kind::I64);
        }
        join_edges(block, current);
    }
    // Roots move up to the front: they are the least of their nodes, so none is overwritten unread.
    web_of_.resize(parent_.size());
    WebIndex count = 0;
    for (std::uint32_t n = 0; n < parent_.size(); ++n) {
        auto root = find(n);
        if (root == n)
            webs_[count] = webs_[n], web_of_[n] = count++;
        else
            web_of_[n] = web_of_[root];
    }
    webs_.resize(count);
}

// Backwards through each block: a web is live from its last use up to its definition.
void Webs::find_ranges() {
    struct Piece {
        WebIndex web;
        Range range;
    };
    std::vector<Piece> pieces;
    pieces.reserve(web_of_.size()); // each node is alive once
    std::vector<WebIndex> current(limits::kRegisters, kNoWeb);
    std::vector<std::uint32_t> live_to(limits::kRegisters, 0); // 0: not live
    std::vector<std::array<WebIndex, 2>> replaced;             // what each definition hides
    for (const auto& block : blocks_) {
        for (unsigned r = 0; r < function_.registers; ++r)
            current[r] = at_entry(block, static_cast<std::uint8_t>(r)), live_to[r] = 0;
        replaced.clear();
        std::uint32_t nth = 0;
        auto weight = 1u << (3 * std::min(block.depth, 5u));
        for (auto pc = block.begin; pc < block.end; ++pc) {
            auto o = operands(verified_, function_.code[pc], channel(pc));
            for (unsigned k = 0; k < o.use_count; ++k)
                webs_[current[o.uses[k]]].weight += weight;
            replaced.push_back({kNoWeb, kNoWeb});
            for (unsigned k = 0; k < o.def_count; ++k) {
                replaced.back()[k] = current[o.defs[k]];
                current[o.defs[k]] = defined(block, nth++);
                webs_[current[o.defs[k]]].weight += weight;
            }
        }
        auto end = 3 * (block.at + block.end - block.begin);
        for (unsigned r = 0; r < function_.registers; ++r)
            if (block.live_out[r]) live_to[r] = end;
        for (auto pc = block.end; pc-- > block.begin;) {
            auto time = 3 * (block.at + pc - block.begin);
            auto o = operands(verified_, function_.code[pc], channel(pc));
            for (unsigned k = o.def_count; k-- > 0;) {
                auto r = o.defs[k];
                auto to = live_to[r] != 0 ? live_to[r] : time + 3; // a value that nobody reads
                pieces.push_back({current[r], {time + 2, to}});
                live_to[r] = 0;
                current[r] = replaced[pc - block.begin][k];
            }
            for (unsigned k = 0; k < o.use_count; ++k)
                if (live_to[o.uses[k]] == 0) live_to[o.uses[k]] = time + 1;
        }
        for (unsigned r = 0; r < function_.registers; ++r)
            if (live_to[r] != 0) pieces.push_back({current[r], {3 * block.at, live_to[r]}});
    }
    std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
        return a.web != b.web ? a.web < b.web : a.range.from < b.range.from;
    });
    WebIndex last = kNoWeb;
    for (const auto& piece : pieces) {
        auto& web = webs_[piece.web];
        auto at = static_cast<std::uint32_t>(ranges_.size());
        if (piece.web != last) web.first = at;
        if (piece.web == last && ranges_.back().to == piece.range.from)
            ranges_.back().to = piece.range.to;
        else
            ranges_.push_back(piece.range);
        web.end = static_cast<std::uint32_t>(ranges_.size());
        web.length += piece.range.to - piece.range.from;
        last = piece.web;
    }
}

} // namespace singlet::verifier::x86
