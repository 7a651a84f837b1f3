#include "verifier/x86/lower.hh"

#include <algorithm>
#include <utility>

#include "lib/core/assert.hh"

namespace singlet::verifier::x86 {

namespace {
constexpr std::size_t kAlignment = 16; // of a function
constexpr std::uint8_t kInt3 = 0xcc;   // never run
} // namespace

Lowering::Lowering(ImageBuilder& builder, const CompileOptions& options)
    : builder_(builder), verified_(builder.verified()), module_(verified_.module()),
      options_(options), webs_(verified_), allocator_(verified_, webs_), cursor_(webs_) {}

// How many registers a function borrows is known when it has been lowered. So that is done with no room for them; what was
// missing is there the second time; and if then something else is, all the room that there can be. Most functions are lowered
// once. Tables that a try has left in the image's data are nobody's.
void Lowering::run(std::size_t function) {
    function_ = &module_.functions[function];
    verified_facts_ = &verified_.facts(function);
    webs_.turn_to(function);
    allocator_.turn_to(function, allocation_);
    measure();
    find_entries();
    may_save_more_ = true;
    borrowed_words_ = 0;
    lower();
    builder_.image().lowered_again += ran_short_;
    if (ran_short_) lower();
    if (ran_short_) {
        may_save_more_ = false;
        borrowed_words_ = kMostBorrowed;
        lower();
    }
    ASSERT(!ran_short_);
    finish();
}

void Lowering::lower() {
    ran_short_ = false;
    as_.clear(function_->code.size());
    block_labels_.clear();
    for (std::size_t k = 0; k < webs_.blocks().size(); ++k)
        block_labels_.push_back(as_.label());
    cold_.clear();
    last_cold_.fill(~std::size_t{0});
    points_.clear();
    slots_.clear();
    lines_.clear();
    line_ = 0;
    tables_.clear();
    facts_.clear();
    no_room_.reset();
    prologue();
    for (std::uint32_t k = 0; k < webs_.blocks().size(); ++k)
        emit_block(k);
    emit_cold();
}

void Lowering::find_entries() {
    constexpr std::uint32_t kNone = kManyEntries - 1;
    entered_from_.assign(webs_.blocks().size(), kNone);
    entered_from_[0] = kManyEntries; // the caller's
    for (std::uint32_t k = 0; k < webs_.blocks().size(); ++k)
        for (const auto& edge : webs_.edges(webs_.blocks()[k])) {
            auto& from = entered_from_[webs_.position(edge.to)];
            from = from == kNone ? k : kManyEntries;
        }
}

// The line of an instruction is most often that of the one before, or the next one.
std::uint32_t Lowering::line_of(std::uint32_t pc) {
    const auto& lines = function_->lines;
    auto ends = [&](std::size_t n) { return n >= lines.size() ? ~std::uint32_t{0} : lines[n].pc; };
    if (lines.empty() || pc < lines[0].pc) return 0;
    if (pc >= ends(line_ + 1)) ++line_;
    if (pc < ends(line_) || pc >= ends(line_ + 1))
        line_ = static_cast<std::size_t>(
                    std::upper_bound(lines.begin(), lines.end(), pc,
                                     [](std::uint32_t x, const Line& l) { return x < l.pc; }) -
                    lines.begin()) -
                1;
    return lines[line_].line;
}

void Lowering::note_line(std::uint32_t line) {
    if (line != 0 && (lines_.empty() || lines_.back().line != line))
        lines_.push_back({as_.here(), line});
}

void Lowering::emit_block(std::uint32_t k) {
    const auto& blocks = webs_.blocks();
    next_ = k + 1 < blocks.size() ? blocks[k + 1].number : kNoBlock;
    as_.bind(block_labels_[k]);
    facts_at_entry(k);
    repeated_ = false;
    emit_instructions(blocks[k]);
}

void Lowering::emit_instructions(const Block& block) {
    cursor_.enter(block);
    collected_ = {};
    const auto entry = verified_facts_->entry[block.number];
    block.live_in.each([&](std::size_t r) {
        if (is_collected(entry[r].kind)) collected_.add(r);
    });
    block_end_ = block.end;
    next_pair_ = kNoWeb;
    for (auto pc = block.begin; pc < block.end; ++pc) {
        pc_ = pc;
        number_ = block.at + pc - block.begin;
        note_line(line_of(pc));
        const auto& i = function_->code[pc];
        borrowed_ = operands_ = 0;
        pair_ = std::exchange(next_pair_, kNoWeb);
        taken_ = folded_.web == kNoWeb ? RegMask{0} : folded_.from.address_registers();
        has_temporary_ = false;
        auto folded = folded_.web;
        for (auto w : webs_.webs_of(pc).uses)
            operands_ |= allocation_.places[w].registers();
        if (auto done = rotation(block); done != 0)
            while (--done != 0)
                settle(pc++);
        else
            instruction(i);
        if (folded_.web == folded) folded_ = {};
        settle(pc);
        if (pc + 1 < block.end) give_back();
    }
}

void Lowering::settle(std::uint32_t pc) {
    const auto registers = webs_.operands(pc).defs;
    const auto webs = webs_.webs_of(pc).defs;
    const auto types = webs_.types_of(pc).defs;
    for (std::size_t k = 0; k < registers.size(); ++k) {
        forget(webs[k]);
        if (is_collected(types[k].kind))
            collected_.add(registers[k]);
        else
            collected_.remove(registers[k]);
    }
}

const Type& Lowering::type(unsigned r) const {
    const auto uses = webs_.operands(pc_).uses;
    const auto at = std::find(uses.begin(), uses.end(), r);
    ASSERT(at != uses.end());
    return webs_.types_of(pc_).uses[static_cast<std::size_t>(at - uses.begin())];
}

Operand Lowering::place(WebIndex w) const {
    if (w == folded_.web && w != kNoWeb) return folded_.from;
    const auto& web = webs_.all()[w];
    if (web.value == Web::Value::Number) return Operand::constant(web.constant);
    if (web.value == Web::Value::Literal)
        return Operand::constant(0, builder_.literal(static_cast<std::uint32_t>(web.constant)));
    const auto& at = allocation_.places[w];
    switch (at.kind) {
    case Place::Kind::Register:
        return at.reg;
    case Place::Kind::Slot:
        return frame(outgoing_ + borrowed_words_ + at.word);
    case Place::Kind::Incoming:
        return frame(frame_words() + 1 + at.word);
    case Place::Kind::Passing: // has none
        ASSERT(false);
        return {};
    case Place::Kind::None:
        return {};
    }
    return {};
}

Operand Lowering::high_place(WebIndex w) const {
    auto low = place(w);
    if (low.is_register()) return allocation_.places[w].high;
    return low.is_constant() ? Operand::constant(low.disp >> 31) : low.plus(4);
}

Reg Lowering::take(RegMask among) {
    constexpr Reg kOrder[] = {Reg::EAX, Reg::EDX, Reg::ECX, Reg::EBX, Reg::ESI, Reg::EDI, Reg::EBP};
    auto usable = kCallerSaved | allocation_.saved;
    auto busy = allocation_.busy_around(number_);
    for (auto reg : kOrder)
        if (bit(reg) & among & usable & ~busy & ~taken_) return taken_ |= bit(reg), reg;
    // All are busy. One more that the caller wants back may be saved, all along.
    constexpr Reg kSaved[] = {Reg::EBX, Reg::ESI, Reg::EDI, Reg::EBP};
    for (auto reg : kSaved)
        if (may_save_more_ && (bit(reg) & among & ~usable & ~taken_)) {
            ran_short_ = true;
            allocation_.saved |= bit(reg);
            return taken_ |= bit(reg), reg;
        }
    // Or one is put aside that this instruction has nothing to do with. A callee-saved register that
    // the function does not use holds something of its caller's.
    auto crossing = allocation_.busy[3 * number_] & allocation_.busy[3 * number_ + 2];
    for (auto reg : kOrder) {
        if (!(bit(reg) & among & ~taken_ & ~operands_)) continue;
        if (!(bit(reg) & (crossing | ~usable))) continue;
        auto nth = static_cast<std::uint32_t>(__builtin_popcount(borrowed_));
        ASSERT(nth < kMostBorrowed);
        ran_short_ |= borrowed_words_ == 0;
        borrowed_words_ = kMostBorrowed;
        as_.mov(frame(outgoing_ + nth), reg);
        taken_ |= bit(reg), borrowed_ |= bit(reg);
        borrow_order_[nth] = reg;
        return reg;
    }
    ASSERT(false);
    return Reg::EAX;
}

bool Lowering::any_free() const {
    auto usable = kCallerSaved | allocation_.saved;
    return usable & ~allocation_.busy_around(number_) & ~taken_;
}

Reg Lowering::temporary() {
    if (!has_temporary_) temporary_ = take(), has_temporary_ = true;
    return temporary_;
}

// Only MOV: the flags of a comparison live on.
void Lowering::give_back() {
    auto count = static_cast<std::uint32_t>(__builtin_popcount(borrowed_));
    for (std::uint32_t n = 0; n < count; ++n)
        as_.mov(borrow_order_[n], frame(outgoing_ + n));
    taken_ = borrowed_ = 0;
    has_temporary_ = false;
}

Reg Lowering::in_register(Operand o, RegMask among) {
    if (o.is_register() && (bit(o.reg) & among)) return o.reg;
    auto reg = take(among);
    as_.mov(reg, o);
    return reg;
}

void Lowering::move(Operand to, Operand from) {
    if (to == from) return;
    if (to.is_memory() && from.is_memory()) from = in_register(from);
    as_.mov(to, from);
}

Reg Lowering::target(Operand to, std::initializer_list<Operand> avoid, RegMask among) {
    if (to.is_register() && (bit(to.reg) & among)) {
        bool needed = false;
        for (const auto& o : avoid)
            needed |= o.is(to.reg) || (o.is_memory() && (o.base == static_cast<unsigned>(to.reg) ||
                                                         o.index == static_cast<unsigned>(to.reg)));
        if (!needed) return to.reg;
    }
    return take(among);
}

// All at once: a register is written when nobody needs its old value any more; what then is left are
// rings, which exchanges resolve.
void Lowering::move_all(std::span<Move> moves) {
    auto settled = [](const Move& m) { return m.from.is(m.to); };
    auto end = std::remove_if(moves.begin(), moves.end(), settled);
    while (end != moves.begin()) {
        auto ready = std::find_if(moves.begin(), end, [&](const Move& m) {
            return std::none_of(moves.begin(), end, [&](const Move& other) {
                return &other != &m && other.from.is(m.to);
            });
        });
        if (ready != end) {
            as_.mov(ready->to, ready->from);
            end = std::move(ready + 1, end, ready);
            continue;
        }
        auto ring = *--end;
        as_.xchg(ring.to, ring.from.reg);
        for (auto& m : std::span(moves.begin(), end)) {
            if (m.from.is(ring.to))
                m.from = ring.from;
            else if (m.from == ring.from)
                m.from = ring.to;
        }
        end = std::remove_if(moves.begin(), end, settled);
    }
}

// Where a check jumps that fails. Checks of one source line share their end: what a trap tells about
// its place is the line.
Label Lowering::cold(rt::TrapReason reason) {
    auto line = line_of(pc_);
    auto& last = last_cold_[static_cast<std::size_t>(reason)];
    if (last < cold_.size() && cold_[last].line == line) return cold_[last].at;
    last = cold_.size();
    cold_.push_back({as_.label(), reason, line});
    return cold_.back().at;
}

void Lowering::emit_cold() {
    auto begin = as_.here();
    cold_begin_ = begin;
    for (const auto& c : cold_) {
        note_line(c.line);
        as_.bind(c.at);
        as_.call(builder_.trap(c.reason));
    }
    ask_for_stack();
}

void Lowering::finish() {
    auto& image = builder_.image();
    // As compilers do: how well a function runs must not hang on the length of those before it.
    image.code.resize((image.code.size() + kAlignment - 1) / kAlignment * kAlignment, kInt3);
    auto begin = static_cast<std::uint32_t>(image.code.size());
    auto end = as_.here();
    as_.finish(image.code, image.relocations);
    image.functions.push_back(shape(begin, end));
    write_maps();
    for (auto line : lines_)
        image.lines.push_back({as_.moved(line.offset), line.line});
    for (const auto& entry : tables_)
        image.relocations.push_back({.offset = entry.offset,
                                     .where = Relocation::Where::Data,
                                     .what = Relocation::What::Code,
                                     .relative = false,
                                     .value = as_.address(entry.label)});
}

} // namespace singlet::verifier::x86
