// The frame: how large it is, how it is built and left, and what the collector finds in it. From ESP up:
//
//   outgoing arguments | borrowed registers | homes | saved registers | return address | incoming
//
// ESP stays where the prologue put it, so that a word has one address for the whole function, and a
// stack map names a collected value by its word.
#include <algorithm>

#include "lib/core/assert.hh"
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

// What the frame must hold besides the homes: the longest argument list.
void Lowering::measure() {
    outgoing_ = 0;
    is_leaf_ = true;
    for (std::uint32_t pc = 0; pc < function_->code.size(); ++pc)
        if (auto words = outgoing_words(function_->code[pc], pc); words >= 0) {
            is_leaf_ = false;
            outgoing_ = std::max(outgoing_, static_cast<std::uint32_t>(words));
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
    Arguments arguments(module_, function_->params);
    as_.push(Operand::constant(
        static_cast<std::int32_t>(rt::stack_request(frame_words(), arguments.stack_words))));
    as_.call(ImageBuilder::helper(Helper::MoreStack));
    Point point{
        .at = as_.here(), .first_slot = static_cast<std::uint32_t>(slots_.size()), .registers = 0};
    for (std::size_t k = 0; k < function_->params.size(); ++k) {
        if (!is_collected(module_.types[function_->params[k]].kind)) continue;
        const auto& from = arguments.places()[k];
        if (!from.in_register) slots_.push_back(static_cast<std::uint16_t>(2 + from.word));
        for (unsigned n = 0; from.in_register && n < std::size(kArgumentRegs); ++n)
            if (from.reg == kArgumentRegs[n]) point.arguments |= static_cast<std::uint8_t>(1u << n);
    }
    point.has_frame = false;
    points_.push_back(point);
    as_.jmp(has_room_);
}

// Parameters go where the allocator wants them: first those that leave registers.
void Lowering::parameters() {
    Arguments arguments(module_, function_->params);
    const auto& block = webs_.blocks()[0];
    // Each load goes to another register; what stays in memory is moved at once, by way of the stack.
    std::array<Move, 8> loads;
    std::size_t count = 0;
    for (unsigned r = 0; r < function_->params.size(); ++r) {
        auto w = webs_.at_entry(block, static_cast<std::uint8_t>(r));
        if (w == kNoWeb) continue;
        const auto& from = arguments.places()[r];
        auto incoming = frame(frame_words() + 1 + from.word);
        auto to = place(w);
        if (to.is_register()) {
            loads[count++] = {to.reg, from.in_register ? Operand(from.reg) : incoming};
            if (webs_.all()[w].wide) loads[count++] = {high_place(w).reg, incoming.plus(4)};
        } else if (from.in_register)
            as_.mov(to, from.reg);
        else
            for (int half = 0; half <= (webs_.all()[w].wide ? 4 : 0); half += 4)
                if (!(to == incoming)) as_.push(incoming.plus(half)), as_.pop(to.plus(half));
    }
    move_all(std::span(loads).first(count));
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

// Behind a call: what is live across it and collected, and the outgoing words that hold `references`.
void Lowering::collector_point(std::span<const std::uint16_t> references) {
    Point point{
        .at = as_.here(), .first_slot = static_cast<std::uint32_t>(slots_.size()), .registers = 0};
    auto time = 3 * number_ + 1;
    collected_.each([&](std::size_t r) {
        auto w = cursor_.web(static_cast<unsigned>(r));
        ASSERT(w != kNoWeb);
        auto ranges = webs_.ranges(webs_.all()[w]);
        auto in = std::upper_bound(ranges.begin(), ranges.end(), time,
                                   [](std::uint32_t t, const Range& x) { return t < x.from; });
        if (in == ranges.begin() || std::prev(in)->to <= time) return;
        auto at = place(w);
        if (at.is_register())
            point.registers |= saved_bits(bit(at.reg));
        else if (at.is_memory())
            slots_.push_back(static_cast<std::uint16_t>(at.disp / 4));
    });
    slots_.insert(slots_.end(), references.begin(), references.end());
    points_.push_back(point);
}

void Lowering::write_maps() {
    auto& image = builder_.image();
    const auto first = image.map_slots.size();
    for (std::size_t n = 0; n < points_.size(); ++n) {
        const auto& point = points_[n];
        auto end = n + 1 < points_.size() ? points_[n + 1].first_slot : slots_.size();
        image.maps.push_back(
            {.return_address = as_.moved(point.at),
             .frame_size = static_cast<std::uint16_t>(point.has_frame ? frame_words() : 1),
             .slot_count = static_cast<std::uint16_t>(end - point.first_slot),
             .first_slot = static_cast<rt::Word>(first + point.first_slot),
             .saved_mask = point.has_frame ? saved_bits(allocation_.saved) : std::uint8_t{0},
             .register_mask = point.registers,
             .argument_mask = point.arguments,
             .reserved = 0});
    }
    image.map_slots.insert(image.map_slots.end(), slots_.begin(), slots_.end());
}

} // namespace singlet::verifier::x86
