// The frame: how large it is, how it is built and left, and what the collector finds in it. From ESP up:
//
//   outgoing arguments | borrowed registers | homes | saved registers | return address | incoming
//
// ESP stays where the prologue put it, so that a word has one address for the whole function, and a
// stack map names a collected value by its word.
#include <algorithm>

#include "lib/rt/stack.hh"
#include "verifier/x86/lower.hh"

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

// The most registers that the lowering of an instruction borrows: one for each operand that is in none, one
// to work in, and what some want besides. Steps over the definitions.
Lowering::Demand Lowering::demand(const Instruction& i) {
    Demand result{.count = 1, .bytes = false};
    auto o = webs_.operands(pc_);
    auto count = [&](Operand at) {
        result.count += at.is_memory() || (at.is_constant() && !at.is_number());
    };
    for (auto r : o.uses)
        count(value(r));
    for (auto r : o.defs)
        count(define(r));
    switch (i.op) {
    case Opcode::LdBytes: // the bound
    case Opcode::StBytes:
    case Opcode::Alu: // a shift's amount, a quotient's bias
    case Opcode::AluI:
    case Opcode::IsInst:
    case Opcode::LdElem: // both words of an I64 pass through one
    // <since lab5>
    case Opcode::CellTake:
        // </since>
        ++result.count;
        break;
    case Opcode::StElem: // a byte or a truth value goes through a register that has a low byte
    case Opcode::StFld:
    case Opcode::Cmp:
    case Opcode::CmpI:
    case Opcode::IsNull:
    case Opcode::RefEq:
    // <since lab5>
    case Opcode::CellFull:
        // </since>
        ++result.count;
        result.bytes = true;
        break;
    case Opcode::CmpL: // has EAX, ECX and EDX for itself, so a low byte is left in EBX alone
        result = {.count = 4, .bytes = true};
        break;
    default:
        if (outgoing_words(i, pc_) >= 0) result.count = 1; // arguments go over the stack at need
        break;
    }
    return result;
}

// What the frame must hold besides the homes: the longest argument list, and room to put busy registers
// aside. A function that is short of free ones first saves more of those that its caller wants back.
void Lowering::measure() {
    for (const auto& block : webs_.blocks()) {
        cursor_.enter(block);
        for (pc_ = block.begin; pc_ < block.end; ++pc_) {
            const auto& i = function_.code[pc_];
            if (auto words = outgoing_words(i, pc_); words >= 0) {
                is_leaf_ = false;
                outgoing_ = std::max(outgoing_, static_cast<std::uint32_t>(words));
            }
            auto busy = allocation_.busy_around(block.at + pc_ - block.begin);
            auto wanted = demand(i);
            auto is_short = [&] {
                auto free = (kCallerSaved | allocation_.saved) & ~busy;
                return __builtin_popcount(wanted.bytes ? free & kByteRegs : free) < wanted.count;
            };
            for (auto reg : kSaveOrder)
                if (is_short()) allocation_.saved |= bit(reg);
            if (is_short()) borrowed_words_ = kMostBorrowed;
        }
    }
}

std::uint32_t Lowering::frame_words() const {
    return outgoing_ + borrowed_words_ + allocation_.home_words +
           static_cast<std::uint32_t>(__builtin_popcount(allocation_.saved));
}

void Lowering::prologue() {
    note_line(line_of(0));
    auto limit = Operand::absolute(
        {true, Relocation::What::Now, static_cast<std::uint32_t>(offsetof(rt::Now, stack_limit))});
    auto room = frame_words();
    pc_ = 0;
    if (room > kSmallFrame) {
        as_.push(Reg::EDI); // POP and MOV leave the flags
        as_.lea(Reg::EDI, Operand::memory(Reg::ESP, -static_cast<std::int32_t>(4 * room)));
        as_.alu(Op::Cmp, Reg::EDI, limit);
        as_.pop(Reg::EDI);
    } else if (!is_leaf_) {
        as_.alu(Op::Cmp, Reg::ESP, limit);
    }
    if (room > kSmallFrame || !is_leaf_) {
        no_room_ = as_.label();
        has_room_ = as_.label();
        as_.jcc(Cc::B, *no_room_);
        as_.bind(has_room_);
    }
    saves_ = as_.here();
    for (auto reg : kSaveOrder)
        if (allocation_.saved & bit(reg)) as_.push(reg);
    auto words = outgoing_ + borrowed_words_ + allocation_.home_words;
    if (words != 0)
        as_.alu(Op::Sub, Reg::ESP, Operand::constant(static_cast<std::int32_t>(4 * words)));
    body_ = as_.here();
    parameters();
}

// The cold end of the stack test. The helper may collect, and this function has no frame yet: what it
// holds are its arguments, behind the word that tells what it asks for and its return address.
void Lowering::ask_for_stack() {
    if (!no_room_) return;
    note_line(line_of(0));
    as_.bind(*no_room_);
    Arguments arguments(module_, function_.params);
    as_.push(Operand::constant(
        static_cast<std::int32_t>(rt::stack_request(frame_words(), arguments.stack_words))));
    as_.call(ImageBuilder::helper(Helper::MoreStack));
    Point point{.at = as_.here(), .slots = {}, .registers = 0};
    for (std::size_t k = 0; k < function_.params.size(); ++k) {
        if (!is_collected(module_.types[function_.params[k]].kind)) continue;
        const auto& from = arguments.places()[k];
        if (!from.in_register) point.slots.push_back(static_cast<std::uint16_t>(2 + from.word));
        for (unsigned n = 0; from.in_register && n < std::size(kArgumentRegs); ++n)
            if (from.reg == kArgumentRegs[n]) point.arguments |= static_cast<std::uint8_t>(1u << n);
    }
    point.has_frame = false;
    points_.push_back(std::move(point));
    as_.jmp(has_room_);
}

// Parameters go where the allocator wants them: first those that leave registers.
void Lowering::parameters() {
    Arguments arguments(module_, function_.params);
    const auto& block = webs_.blocks()[0];
    std::vector<Move> loads;
    std::vector<std::pair<Operand, Operand>> spills;
    for (unsigned r = 0; r < function_.params.size(); ++r) {
        auto w = webs_.at_entry(block, static_cast<std::uint8_t>(r));
        if (w == kNoWeb) continue;
        const auto& from = arguments.places()[r];
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

NativeFunction Lowering::shape(std::uint32_t begin, std::uint32_t end) const {
    return {.begin = begin,
            .end = as_.moved(end),
            .cold = as_.moved(cold_begin_),
            .saves = as_.moved(saves_),
            .body = as_.moved(body_),
            .frame_words = static_cast<std::uint16_t>(frame_words()),
            .saved_mask = saved_bits(allocation_.saved)};
}

// Behind a call: what is live across it and collected.
void Lowering::collector_point() {
    Point point{.at = as_.here(), .slots = {}, .registers = 0};
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

void Lowering::write_maps() {
    auto& image = builder_.image();
    for (const auto& point : points_) {
        image.maps.push_back(
            {.return_address = as_.moved(point.at),
             .frame_size = static_cast<std::uint16_t>(point.has_frame ? frame_words() : 1),
             .slot_count = static_cast<std::uint16_t>(point.slots.size()),
             .first_slot = static_cast<rt::Word>(image.map_slots.size()),
             .saved_mask = point.has_frame ? saved_bits(allocation_.saved) : std::uint8_t{0},
             .register_mask = point.registers,
             .argument_mask = point.arguments,
             .reserved = 0});
        image.map_slots.insert(image.map_slots.end(), point.slots.begin(), point.slots.end());
    }
}

} // namespace singlet::verifier::x86
