#include "verifier/x86/lower.hh"

#include <algorithm>

#include "lib/core/assert.hh"

namespace singlet::verifier::x86 {

namespace {

constexpr Reg kSaveOrder[] = {Reg::EBX, Reg::ESI, Reg::EDI, Reg::EBP}; // as in rt::StackMap
constexpr std::uint32_t kSmallFrame = 32; // words that need no stack test of their own

std::uint8_t saved_bits(RegMask mask) {
    std::uint8_t result = 0;
    for (unsigned k = 0; k < 4; ++k)
        if (mask & bit(kSaveOrder[k])) result |= static_cast<std::uint8_t>(1u << k);
    return result;
}

} // namespace

Lowering::Lowering(ImageBuilder& builder, std::size_t function, const CompileOptions& options)
    : builder_(builder), verified_(builder.verified()), module_(verified_.module()),
      function_(module_.functions[function]), index_(function), options_(options),
      webs_(verified_, function), allocation_(allocate(verified_, function, webs_)), cursor_(webs_),
      replay_(verified_, function) {}

void Lowering::run() {
    measure();
    for (std::size_t k = 0; k < webs_.blocks().size(); ++k)
        block_labels_.push_back(as_.label());
    prologue();
    for (std::uint32_t k = 0; k < webs_.blocks().size(); ++k)
        emit_block(k);
    emit_cold();
    finish();
}

// What the frame must hold besides the homes: the longest argument list, and room to put busy
// registers aside if some instruction might want more free ones than there are.
void Lowering::measure() {
    for (const auto& block : webs_.blocks()) {
        replay_.enter(block.number);
        for (pc_ = block.begin; pc_ < block.end; ++pc_) {
            const auto& i = function_.code[pc_];
            if (auto words = outgoing_words(i, pc_); words >= 0) {
                is_leaf_ = false;
                outgoing_ = std::max(outgoing_, static_cast<std::uint32_t>(words));
            }
            auto free = (kCallerSaved | allocation_.saved) &
                        ~allocation_.busy_around(block.at + pc_ - block.begin);
            int wanted = i.op == Opcode::StBytes ? kMostBorrowed : 3;
            if (__builtin_popcount(free) < wanted || (free & kByteRegs) == 0)
                borrowed_words_ = kMostBorrowed;
            if (pc_ + 1 < block.end) replay_.step();
        }
    }
}

std::uint32_t Lowering::frame_words() const {
    return outgoing_ + borrowed_words_ + allocation_.home_words +
           static_cast<std::uint32_t>(__builtin_popcount(allocation_.saved));
}

void Lowering::note_line(std::uint32_t pc) {
    auto after = std::upper_bound(function_.lines.begin(), function_.lines.end(), pc,
                                  [](std::uint32_t x, const Line& l) { return x < l.pc; });
    if (after == function_.lines.begin()) return;
    auto line = std::prev(after)->line;
    if (lines_.empty() || lines_.back().line != line) lines_.push_back({as_.here(), line});
}

void Lowering::prologue() {
    note_line(0);
    auto limit = Operand::absolute(
        {true, Relocation::What::Now, static_cast<std::uint32_t>(offsetof(rt::Now, stack_limit))});
    auto room = frame_words();
    pc_ = 0;
    if (room > kSmallFrame) {
        as_.push(Reg::EDI); // POP and MOV leave the flags
        as_.lea(Reg::EDI, Operand::memory(Reg::ESP, -static_cast<std::int32_t>(4 * room)));
        as_.alu(Op::Cmp, Reg::EDI, limit);
        as_.pop(Reg::EDI);
        as_.jcc(Cc::B, cold(rt::TrapReason::StackOverflow));
    } else if (!is_leaf_) {
        as_.alu(Op::Cmp, Reg::ESP, limit);
        as_.jcc(Cc::B, cold(rt::TrapReason::StackOverflow));
    }
    for (auto reg : kSaveOrder)
        if (allocation_.saved & bit(reg)) as_.push(reg);
    auto words = outgoing_ + borrowed_words_ + allocation_.home_words;
    if (words != 0)
        as_.alu(Op::Sub, Reg::ESP, Operand::constant(static_cast<std::int32_t>(4 * words)));

    // Parameters go where the allocator wants them: first those that leave registers.
    Arguments arguments(module_, function_.params);
    const auto& block = webs_.blocks()[0];
    std::vector<Move> loads;
    std::vector<std::pair<Operand, Operand>> spills;
    for (unsigned r = 0; r < function_.params.size(); ++r) {
        auto w = webs_.at_entry(block, static_cast<std::uint8_t>(r));
        if (w == kNoWeb) continue;
        const auto& from = arguments.places[r];
        auto incoming = frame(frame_words() + 1 + from.word);
        auto to = place(w);
        if (to.is_register())
            loads.push_back({to.reg, from.in_register ? Operand(from.reg) : incoming});
        else if (from.in_register)
            as_.mov(to, from.reg);
        else
            for (int half = 0; half <= (webs_.all()[w].wide ? 4 : 0); half += 4)
                spills.push_back({to.plus(half), incoming.plus(half)});
    }
    for (const auto& [to, from] : spills)
        if (!(to == from)) as_.push(from), as_.pop(to);
    move_all(std::move(loads));
}

void Lowering::epilogue() {
    auto words = outgoing_ + borrowed_words_ + allocation_.home_words;
    if (words != 0)
        as_.alu(Op::Add, Reg::ESP, Operand::constant(static_cast<std::int32_t>(4 * words)));
    for (int k = 3; k >= 0; --k)
        if (allocation_.saved & bit(kSaveOrder[k])) as_.pop(kSaveOrder[k]);
    as_.ret();
}

void Lowering::emit_block(std::uint32_t k) {
    const auto& blocks = webs_.blocks();
    next_ = k + 1 < blocks.size() ? blocks[k + 1].number : kNoBlock;
    as_.bind(block_labels_[k]);
    emit_instructions(blocks[k]);
}

void Lowering::emit_instructions(const Block& block) {
    cursor_.enter(block);
    replay_.enter(block.number);
    for (auto pc = block.begin; pc < block.end; ++pc) {
        pc_ = pc;
        number_ = block.at + pc - block.begin;
        note_line(pc);
        const auto& i = function_.code[pc];
        taken_ = borrowed_ = operands_ = 0;
        has_temporary_ = false;
        auto o = operands(verified_, i, webs_.channel(pc));
        for (unsigned n = 0; n < o.use_count; ++n)
            if (auto p = value(o.uses[n]); p.is_register()) operands_ |= bit(p.reg);
        if (auto done = rotation(block); done != 0)
            pc += done - 1;
        else
            instruction(i);
        if (pc + 1 < block.end) give_back(), replay_.step();
    }
}

Operand Lowering::place(WebIndex w) const {
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
    case Place::Kind::None:
        return {};
    }
    return {};
}

Operand Lowering::high(unsigned r) const {
    auto low = value(r);
    return low.is_constant() ? Operand::constant(low.disp >> 31) : low.plus(4);
}

Reg Lowering::take(RegMask among) {
    constexpr Reg kOrder[] = {Reg::EAX, Reg::EDX, Reg::ECX, Reg::EBX, Reg::ESI, Reg::EDI, Reg::EBP};
    auto usable = kCallerSaved | allocation_.saved;
    auto busy = allocation_.busy_around(number_);
    for (auto reg : kOrder)
        if (bit(reg) & among & usable & ~busy & ~taken_) return taken_ |= bit(reg), reg;
    // All are busy: put one aside that this instruction has nothing to do with. A callee-saved
    // register that the function does not use holds something of its caller's.
    auto crossing = allocation_.busy[3 * number_] & allocation_.busy[3 * number_ + 2];
    for (auto reg : kOrder) {
        if (!(bit(reg) & among & ~taken_ & ~operands_)) continue;
        if (!(bit(reg) & (crossing | ~usable))) continue;
        auto nth = static_cast<std::uint32_t>(__builtin_popcount(borrowed_));
        ASSERT(nth < borrowed_words_);
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
void Lowering::move_all(std::vector<Move> moves) {
    std::erase_if(moves, [](const Move& m) { return m.from.is(m.to); });
    while (!moves.empty()) {
        auto ready = std::find_if(moves.begin(), moves.end(), [&](const Move& m) {
            return std::none_of(moves.begin(), moves.end(), [&](const Move& other) {
                return &other != &m && other.from.is(m.to);
            });
        });
        if (ready != moves.end()) {
            as_.mov(ready->to, ready->from);
            moves.erase(ready);
            continue;
        }
        auto ring = moves.back();
        moves.pop_back();
        as_.xchg(ring.to, ring.from.reg);
        for (auto& m : moves) {
            if (m.from.is(ring.to))
                m.from = ring.from;
            else if (m.from == ring.from)
                m.from = ring.to;
        }
        std::erase_if(moves, [](const Move& m) { return m.from.is(m.to); });
    }
}

Label Lowering::cold(rt::TrapReason reason) {
    for (auto c = cold_.rbegin(); c != cold_.rend() && c->pc == pc_; ++c)
        if (c->reason == reason) return c->at;
    cold_.push_back({as_.label(), reason, pc_});
    return cold_.back().at;
}

void Lowering::emit_cold() {
    auto begin = as_.here();
    cold_begin_ = begin;
    for (const auto& c : cold_) {
        note_line(c.pc);
        as_.bind(c.at);
        as_.call(builder_.trap(c.reason));
    }
}

// Behind a call: what is live across it and collected.
void Lowering::collector_point() {
    Point point{as_.here(), {}, 0};
    auto time = 3 * number_ + 1;
    const auto& types = replay_.registers();
    for (unsigned r = 0; r < function_.registers; ++r) {
        auto w = cursor_.web(r);
        if (w == kNoWeb || !is_collected(types[r].kind)) continue;
        auto ranges = webs_.ranges(webs_.all()[w]);
        auto in = std::upper_bound(ranges.begin(), ranges.end(), time,
                                   [](std::uint32_t t, const Range& x) { return t < x.from; });
        if (in == ranges.begin() || std::prev(in)->to <= time) continue;
        auto at = place(w);
        if (at.is_register())
            point.registers |= saved_bits(bit(at.reg));
        else if (at.is_memory())
            point.slots.push_back(static_cast<std::uint16_t>(at.disp / 4));
    }
    points_.push_back(std::move(point));
}

void Lowering::finish() {
    auto& image = builder_.image();
    auto begin = static_cast<std::uint32_t>(image.code.size());
    auto end = as_.here();
    as_.finish(image.code, image.relocations);
    image.functions.push_back({begin, as_.moved(end), as_.moved(cold_begin_)});
    for (const auto& point : points_) {
        image.maps.push_back({.return_address = as_.moved(point.at),
                              .frame_size = static_cast<std::uint16_t>(frame_words()),
                              .slot_count = static_cast<std::uint16_t>(point.slots.size()),
                              .first_slot = static_cast<rt::Word>(image.map_slots.size()),
                              .saved_mask = saved_bits(allocation_.saved),
                              .register_mask = point.registers,
                              .reserved = 0});
        image.map_slots.insert(image.map_slots.end(), point.slots.begin(), point.slots.end());
    }
    for (auto line : lines_)
        image.lines.push_back({as_.moved(line.offset), line.line});
    for (const auto& entry : tables_)
        image.relocations.push_back({.offset = entry.offset,
                                     .where = Relocation::Where::Data,
                                     .what = Relocation::What::Code,
                                     .relative = false,
                                     .value = as_.address(entry.label)});
}

void Lowering::instruction(const Instruction& i) {
    switch (i.op) {
    case Opcode::Mov:
        return copy(i);
    case Opcode::LdI:
    case Opcode::LdL:
    case Opcode::Null:
    case Opcode::LdStr:
        return constant(i);
    case Opcode::Alu:
    case Opcode::AluI:
        return alu(i);
    case Opcode::AluL:
        return long_alu(i);
    case Opcode::Cmp:
    case Opcode::CmpI:
    case Opcode::CmpL:
        return compare(i);
    case Opcode::SxL:
    case Opcode::ZxL:
        return extend(i);
    case Opcode::LowL:
        return low_word(i);
    case Opcode::Jmp:
        return jump(i);
    case Opcode::BrNz:
        return branch_on_value(i);
    case Opcode::BrNull:
        return branch_on_null(i);
    case Opcode::BrIs:
        return branch_on_class(i);
    case Opcode::Switch:
        return switch_on(i);
    case Opcode::Ret:
    case Opcode::RetVoid:
        return return_value(i);
    case Opcode::Trap:
        return explicit_trap(i);
    case Opcode::Select:
        return select(i);
    case Opcode::IsNull:
        return is_null(i);
    case Opcode::IsInst:
        return is_instance(i);
    case Opcode::Cast:
        return cast(i);
    case Opcode::RefEq:
        return same_object(i);
    case Opcode::New:
    case Opcode::CellNew:
        return new_object(i);
    case Opcode::LdFld:
        return load_field(i);
    case Opcode::StFld:
        return store_field(i);
    case Opcode::NewArr:
        return new_array(i);
    case Opcode::Len:
        return length(i);
    case Opcode::LdElem: {
        auto kind = element_kind(i.b);
        return load(i.a, element(i.b, i.c, storage_bytes(kind)), kind);
    }
    case Opcode::StElem: {
        auto kind = element_kind(i.a);
        return store(element(i.a, i.b, storage_bytes(kind)), i.c, kind);
    }
    case Opcode::LdBytes:
        return load(i.a, bytes_in(i.b, i.c, i.imm), i.imm == 2 ? Kind::U16 : Kind::I32);
    case Opcode::StBytes:
        return store(bytes_in(i.a, i.b, i.imm), i.c, i.imm == 2 ? Kind::U16 : Kind::I32);
    case Opcode::Copy:
        return copy_bytes(i);
    case Opcode::CellTake:
        return cell_take(i);
    case Opcode::CellPut:
        return cell_put(i);
    case Opcode::CellFull:
        return cell_full(i);
    case Opcode::XNew:
        return exchange_new(i);
    case Opcode::XVec:
        return exchange_vector(i);
    case Opcode::XSwap:
        return exchange_swap(i);
    case Opcode::Free:
        return free(i);
    case Opcode::Channel:
        return channel(i);
    case Opcode::Send:
        return send(i);
    case Opcode::Wrap:
        return copy(i);
    case Opcode::Unwrap:
        return unwrap(i);
    case Opcode::SetNew:
        return set_new(i);
    case Opcode::SetAdd:
        return set_add(i);
    case Opcode::Call:
    case Opcode::CallI:
        return call(i);
    case Opcode::CallK:
        return kernel_call(i);
    case Opcode::In:
        return port_in(i);
    case Opcode::Out:
        return port_out(i);
    case Opcode::kCount:
        break;
    }
    ASSERT(false);
}

} // namespace singlet::verifier::x86
