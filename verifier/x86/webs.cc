#include "verifier/x86/webs.hh"

#include <algorithm>
#include <utility>

#include "lib/core/assert.hh"
#include "verifier/field_layout.hh"
#include "verifier/flow.hh"

namespace singlet::verifier::x86 {

namespace {

bool is_comparison(Opcode op) {
    return op == Opcode::Cmp || op == Opcode::CmpI || op == Opcode::CmpL || op == Opcode::IsNull ||
           op == Opcode::RefEq;
}

// Each use and definition weighs 2, a use in an address 3: that one needs a register, while others may
// as well be read from the stack. Here, how many of the first operands form an address.
unsigned address_operands(Opcode op) {
    switch (op) {
    case Opcode::Len:
    case Opcode::LdFld:
    case Opcode::StFld:
        return 1;
    case Opcode::LdElem:
    case Opcode::StElem:
    case Opcode::LdBytes:
    case Opcode::StBytes:
        return 2;
    default:
        return 0;
    }
}

const ChannelTypes kNoChannel{};

} // namespace

void Webs::turn_to(std::size_t function) {
    replay_.turn_to(function);
    function_ = &verified_.module().functions[function];
    facts_ = &verified_.facts(function);
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

// The blocks in the order of their numbers, which is that of the source: loops lie together.
void Webs::lay_out() {
    blocks_.assign(function_->blocks.size(), {});
    position_.resize(function_->blocks.size());
    instructions_ = 0;
    operands_.clear(function_->code.size());
    edges_.clear();
    channels_.clear();
    operand_types_.clear();
    operand_types_.reserve(3 * function_->code.size());
    loads_word_.assign(function_->code.size(), false);
    for (std::size_t k = 0; k < blocks_.size(); ++k) {
        auto& block = blocks_[k];
        block.number = static_cast<std::uint16_t>(k);
        block.begin = function_->blocks[k];
        block.end = block_end(*function_, k);
        block.at = instructions_;
        instructions_ += block.end - block.begin;
        position_[k] = static_cast<std::uint32_t>(k);
        look_inside(block);
    }
    find_depths();
}

// What later steps need to know of each instruction and would need its types for.
void Webs::look_inside(Block& block) {
    replay_.enter(block.number);
    const auto& types = replay_.registers();
    for (auto pc = block.begin; pc < block.end; ++pc) {
        const auto& i = function_->code[pc];
        // <since lab6 = operands_.add(verified_, i, kNoChannel);>
        const bool is_select = i.op == Opcode::Select;
        if (is_select || i.op == Opcode::Send) {
            auto& channel = channels_.emplace_back(pc, ChannelTypes{}).second;
            for (unsigned n = 0; n < (is_select ? i.c : 1); ++n)
                channel[n] = types[i.b + n];
            operands_.add(verified_, i, channel);
        } else {
            operands_.add(verified_, i, kNoChannel);
        }
        // </since>
        loads_word_[pc] = is_word_load(i, types);
        const auto o = operands(pc);
        for (auto r : o.uses)
            operand_types_.push_back(types[r]);
        if (pc + 1 == block.end) break;
        replay_.step();
        for (auto r : o.defs)
            operand_types_.push_back(types[r]);
    }
    block.first_edge = static_cast<std::uint32_t>(edges_.all.size());
    add_edges(edges_, verified_, *function_, function_->code[block.end - 1],
              channel(block.end - 1));
    block.end_edge = static_cast<std::uint32_t>(edges_.all.size());
}

bool Webs::is_word_load(const Instruction& i, std::span<const Type> types) const {
    const auto& module = verified_.module();
    auto is_word = [](Kind k) { return storage_size(k) == 4; };
    switch (i.op) {
    case Opcode::Len:
        return true;
    case Opcode::LdBytes:
        return i.imm == 4;
    case Opcode::LdElem: {
        const auto& array = types[i.b];
        return array.kind != Kind::Str && is_word(module.types[array.index].kind);
    }
    case Opcode::LdFld: {
        const auto& holder = types[i.b];
        const auto& fields = holder.kind == Kind::Ref ? module.classes[holder.index].fields
                                                      : module.structs[holder.index].fields;
        return is_word(module.types[fields[i.imm].type].kind);
    }
    default:
        return false;
    }
}

// A jump backwards closes a loop around everything between.
void Webs::find_depths() {
    std::vector<std::uint32_t> loop_end(blocks_.size(), 0); // by header; 0: none
    for (std::uint32_t k = 0; k < blocks_.size(); ++k)
        for (const auto& edge : edges(blocks_[k]))
            if (auto to = position_[edge.to]; to <= k) loop_end[to] = std::max(loop_end[to], k + 1);
    std::vector<std::uint32_t> ends(blocks_.size() + 1, 0);
    std::uint32_t depth = 0;
    for (std::uint32_t k = 0; k < blocks_.size(); ++k) {
        depth -= ends[k];
        if (loop_end[k] != 0) ++depth, ++ends[loop_end[k]];
        blocks_[k].depth = depth;
    }
}

Webs::Sets Webs::summarize(const Block& block) const {
    Sets sets;
    for (auto pc = block.end; pc-- > block.begin;) {
        const auto o = operands(pc);
        for (auto r : o.defs)
            sets.defines.add(r), sets.uses.remove(r);
        for (auto r : o.uses)
            sets.uses.add(r);
    }
    return sets;
}

// As pass 4 does [liveness.cc], but exactly: a send's arguments are known now, and what is written on an edge is not live
// before it.
void Webs::find_live() {
    sets_.clear();
    for (const auto& block : blocks_)
        sets_.push_back(summarize(block));
    predecessors_.find(blocks_.size(), [&](auto found) {
        for (const auto& block : blocks_)
            for (const auto& edge : edges(block))
                found(block.number, edge.to);
    });
    const auto last = blocks_.size() - 1;
    places_.resize(blocks_.size());
    pending_.clear(blocks_.size());
    for (std::size_t n = 0; n <= last; ++n) {
        places_[facts_->order[last - n]] = static_cast<std::uint32_t>(n);
        pending_.add(n);
    }
    for (auto n = pending_.take(); n != Worklist::kNone; n = pending_.take()) {
        const auto number = facts_->order[last - n];
        auto& block = blocks_[position_[number]];
        RegisterSet live;
        for (const auto& edge : edges(block)) {
            auto in = blocks_[position_[edge.to]].live_in;
            for (auto r : edges_.defs_of(edge))
                in.remove(r);
            live.add_all(in);
        }
        block.live_out = live;
        const auto& own = sets_[position_[number]];
        live = RegisterSet::before(own.uses, own.defines, live);
        if (live == block.live_in) continue;
        block.live_in = live;
        for (auto p : predecessors_.of(number))
            pending_.add(places_[p]);
    }
}

std::uint32_t Webs::find(std::uint32_t n) {
    while (nodes_[n].parent != n)
        n = nodes_[n].parent = nodes_[nodes_[n].parent].parent;
    return n;
}

void Webs::unite(std::uint32_t a, std::uint32_t b) {
    a = find(a), b = find(b);
    if (a == b) return;
    if (b < a) std::swap(a, b);
    Node &x = nodes_[a], &y = nodes_[b];
    y.parent = a;
    ASSERT(x.reg == y.reg);
    x.wide |= y.wide;
    if (x.value == Web::Value::Unknown)
        x.value = y.value, x.constant = y.constant;
    else if (y.value != Web::Value::Unknown && (x.value != y.value || x.constant != y.constant))
        x.value = Web::Value::Varying;
}

std::uint32_t Webs::node(std::uint8_t reg, bool wide, Web::Value value, std::int32_t constant) {
    auto n = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({.reg = reg, .wide = wide, .value = value, .constant = constant, .parent = n});
    return n;
}

std::uint32_t Webs::add_definition(const Instruction& i, std::uint8_t reg, bool wide) {
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

WebIndex Webs::at_entry(const Block& block, std::uint8_t reg) const {
    if (!block.live_in[reg]) return kNoWeb;
    return entry_[block.first_entry + block.live_in.count_below(reg)];
}

// What a register holds on an edge is what it holds in the block that the edge leads to. More edges of a switch say nothing new.
void Webs::join_edges(const Block& block) {
    for (const auto& edge : edges(block)) {
        const auto position = position_[edge.to];
        const auto defs = edges_.defs_of(edge);
        if (defs.empty() && std::exchange(joined_[position], &block) == &block) continue;
        const Block& target = blocks_[position];
        std::uint32_t n = target.first_entry;
        target.live_in.each([&](std::size_t r) {
            if (target.inherits)
                entry_[n] = current_[r];
            else if (std::find(defs.begin(), defs.end(), r) != defs.end())
                nodes_[find(entry_[n])].value = Web::Value::Varying;
            else
                unite(entry_[n], current_[r]);
            ++n;
        });
    }
}

void Webs::number_nodes() {
    find_heirs();
    number_entries();
    number_definitions();
    find_webs();
}

// Most blocks have one way in, from a block laid out before them, which finds their nodes.
void Webs::find_heirs() {
    for (auto& block : blocks_) {
        const auto before = predecessors_.of(block.number);
        block.inherits = block.number != 0 && before.size() == 1 &&
                         position_[before[0]] < position_[block.number];
    }
    for (const auto& block : blocks_)
        for (const auto& edge : edges(block))
            if (edge.def_count != 0) blocks_[position_[edge.to]].inherits = false;
}

// Elsewhere each live register has a node of its own.
void Webs::number_entries() {
    std::size_t live = 0;
    for (auto& block : blocks_) {
        block.first_entry = static_cast<std::uint32_t>(live);
        live += block.live_in.count();
    }
    entry_.resize(live);
    nodes_.clear();
    nodes_.reserve(live + function_->code.size());
    for (auto& block : blocks_) {
        if (block.inherits) continue;
        std::uint32_t n = block.first_entry;
        const auto& entry = facts_->entry[block.number];
        block.live_in.each([&](std::size_t r) {
            entry_[n++] = node(static_cast<std::uint8_t>(r), entry[r].kind == Kind::I64,
                               block.number == 0 ? Web::Value::Varying : Web::Value::Unknown, 0);
        });
    }
}

void Webs::number_definitions() {
    joined_.assign(blocks_.size(), nullptr);
    defined_.clear();
    defined_.reserve(function_->code.size());
    operand_webs_.resize(operands_.count());
    std::uint32_t nth = 0;
    for (auto& block : blocks_) {
        std::uint32_t n = block.first_entry;
        block.live_in.each([&](std::size_t r) { current_[r] = entry_[n++]; });
        block.first_def = static_cast<std::uint32_t>(defined_.size());
        for (auto pc = block.begin; pc < block.end; ++pc) {
            const auto& i = function_->code[pc];
            if (i.op == Opcode::BrNz && pc > block.begin && !block.live_out[i.a]) {
                const auto& before = function_->code[pc - 1];
                if (is_comparison(before.op) && before.a == i.a) nodes_[current_[i.a]].fused = true;
            }
            const auto o = operands(pc);
            for (auto r : o.uses)
                operand_webs_[nth++] = current_[r];
            for (auto r : o.defs) {
                current_[r] = add_definition(i, r, operand_types_[nth].kind == Kind::I64);
                defined_.push_back(current_[r]);
                operand_webs_[nth++] = current_[r];
            }
        }
        join_edges(block);
    }
}

WebIndex Webs::web_of(std::uint32_t n) {
    const auto root = find(n);
    if (web_of_[root] == kNoWeb) {
        web_of_[root] = static_cast<WebIndex>(webs_.size());
        const Node& node = nodes_[root];
        Web& web = webs_.emplace_back();
        web.reg = node.reg, web.wide = node.wide, web.fused = node.fused;
        web.value = node.value, web.constant = node.constant;
    }
    return web_of_[n] = web_of_[root];
}

// Webs are numbered as they are met, those that live between blocks first.
void Webs::find_webs() {
    webs_.clear();
    web_of_.assign(nodes_.size(), kNoWeb);
    for (auto* list : {&entry_, &defined_})
        for (auto& n : *list)
            n = web_of(n);
    for (auto& n : operand_webs_)
        n = web_of_[n];
}

// Backwards through a block: a web is live from its last use up to its definition. So pieces of the same web come the
// later ones first.
void Webs::find_pieces(const Block& block) {
    const auto weight = 1u << (3 * std::min(block.depth, 5u));
    const auto end = 3 * (block.at + block.end - block.begin);
    block.live_out.each([&](std::size_t r) { live_to_[r] = end; });
    for (auto pc = block.end; pc-- > block.begin;) {
        const auto time = 3 * (block.at + pc - block.begin);
        const auto o = operands(pc);
        const auto webs = webs_of(pc);
        for (auto k = o.defs.size(); k-- > 0;) {
            auto& to = live_to_[o.defs[k]];
            if (to == 0) to = time + 3; // a value that nobody reads
            pieces_.push_back({webs.defs[k], {time + 2, std::exchange(to, 0)}});
            webs_[webs.defs[k]].weight += 2 * weight;
        }
        const auto in_address = address_operands(function_->code[pc].op);
        for (std::size_t k = 0; k < o.uses.size(); ++k) {
            auto& to = live_to_[o.uses[k]];
            if (to == 0) to = time + 1;
            webs_[webs.uses[k]].weight += k < in_address ? 3 * weight : 2 * weight;
        }
    }
    each_at_entry(block, [&](std::size_t r, WebIndex web) {
        pieces_.push_back({web, {3 * block.at, std::exchange(live_to_[r], 0)}});
    });
}

// The pieces come in the wrong order, from the last to the first: each goes to the end of what is free of its web's part of
// `ranges_`. Then those that touch become one.
void Webs::find_ranges() {
    pieces_.clear();
    pieces_.reserve(entry_.size() + defined_.size()); // each is alive once
    for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block)
        find_pieces(*block);
    for (const auto& piece : pieces_)
        ++webs_[piece.web].end;
    std::uint32_t sum = 0;
    for (auto& web : webs_)
        sum += web.end, web.first = web.end = sum;
    ranges_.resize(pieces_.size());
    for (const auto& piece : pieces_)
        ranges_[--webs_[piece.web].first] = piece.range;
    for (auto& web : webs_) {
        auto last = web.first;
        for (auto n = web.first; n < web.end; ++n) {
            web.length += ranges_[n].to - ranges_[n].from;
            if (n > web.first && ranges_[last].to == ranges_[n].from)
                ranges_[last].to = ranges_[n].to;
            else if (n > web.first)
                ranges_[++last] = ranges_[n];
        }
        if (web.first != web.end) web.end = last + 1;
    }
}

} // namespace singlet::verifier::x86
