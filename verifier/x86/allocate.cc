#include "verifier/x86/allocate.hh"

#include <algorithm>
#include <cstring>

namespace singlet::verifier::x86 {

namespace {

constexpr RegMask kAll = kCallerSaved | kSavedRegs;
constexpr std::uint32_t kShortLife = 12; // four instructions

// What an instruction destroys: `early` before it has read its operands, `late` after.
struct Clobbers {
    RegMask early = 0, late = 0;
};

Clobbers alu_clobbers(AluOp op, const Web* by) {
    bool constant = by == nullptr || by->is_constant();
    switch (op) {
    case AluOp::Div:
    case AluOp::Rem:
    case AluOp::DivU:
    case AluOp::RemU:
        return {.early = bit(Reg::EAX) | bit(Reg::EDX)};
    case AluOp::Shl:
    case AluOp::Shr:
    case AluOp::Sar:
        return {.late = constant ? RegMask{0} : bit(Reg::ECX)};
    default:
        return {};
    }
}

Clobbers clobbers(const Instruction& i, const Webs& webs, const OperandWebs& operands) {
    switch (i.op) {
    case Opcode::Alu:
        return alu_clobbers(static_cast<AluOp>(i.imm), &webs.all()[operands.uses[1]]);
    case Opcode::AluI:
        // A power of two is shifted; see Lowering::divide_by_constant.
        if (power_of_two(i.imm) >= 0) return {};
        return alu_clobbers(static_cast<AluOp>(i.c), nullptr);
    case Opcode::AluL:
    case Opcode::CmpL:
    case Opcode::In:
    case Opcode::Out:
        return {.early = kCallerSaved};
    case Opcode::SxL:
    case Opcode::ZxL:
        return {.late = bit(Reg::EAX) | bit(Reg::EDX)};
    case Opcode::New:
    case Opcode::NewArr:
    case Opcode::Copy:
    case Opcode::Call:
    case Opcode::CallI:
    case Opcode::CallK:
    // <since lab5>
    case Opcode::CellNew:
    case Opcode::XNew:
    case Opcode::XVec:
    case Opcode::XSwap:
    case Opcode::Free:
    // </since>
    // <since lab6>
    case Opcode::Channel:
    case Opcode::Send:
    case Opcode::Select:
    case Opcode::Unwrap:
    case Opcode::SetNew:
    case Opcode::SetAdd:
    case Opcode::Start:
        // </since>
        return {.late = kCallerSaved};
    default:
        return {};
    }
}

} // namespace

void Allocator::turn_to(std::size_t function, Allocation& result) {
    function_ = &verified_.module().functions[function];
    result_ = &result;
    result.places.assign(webs_.all().size(), {});
    result.busy.assign(3 * webs_.instruction_count() + 3, 0);
    result.saved = 0;
    result.home_words = 0;
    wishes_.assign(webs_.all().size(), {});
    parameters();
    for (const auto& block : webs_.blocks())
        scan(block);
    find_worth();
    for (const auto& [worth, web] : worth_)
        if (!give_register(web)) give_home(web);
}

void Allocator::parameters() {
    const Arguments arguments(verified_.module(), function_->params);
    const auto places = arguments.places();
    std::fill_n(incoming_.begin(), function_->registers, kNone);
    for (unsigned r = 0; r < places.size(); ++r) {
        const auto& place = places[r];
        if (!place.in_register) incoming_[r] = place.word;
        auto web = webs_.at_entry(webs_.blocks()[0], static_cast<std::uint8_t>(r));
        if (web != kNoWeb && place.in_register) wishes_[web].prefer |= bit(place.reg);
    }
    for (auto& homes : homes_)
        std::fill_n(homes.begin(), function_->registers, kNone);
}

// The webs that need a place, those first that a register saves most in each step of their life.
void Allocator::find_worth() {
    worth_.clear();
    for (WebIndex w = 0; w < webs_.all().size(); ++w)
        if (const auto& web = webs_.all()[w]; !web.is_constant() && !web.fused && web.length &&
                                              result_->places[w].kind == Place::Kind::None)
            worth_.push_back(
                {wishes_[w].at_last ? 0 : (std::uint64_t{web.weight} << 32) / web.length, w});
    std::sort(worth_.begin(), worth_.end(), [](const Worth& a, const Worth& b) {
        return a.weight_a_step != b.weight_a_step ? a.weight_a_step > b.weight_a_step
                                                  : a.web < b.web;
    });
}

void Allocator::scan(const Block& block) {
    for (auto pc = block.begin; pc < block.end; ++pc) {
        const auto& i = function_->code[pc];
        auto time = 3 * (block.at + pc - block.begin);
        const auto o = webs_.webs_of(pc);
        auto c = clobbers(i, webs_, o);
        result_->busy[time] |= c.early;
        result_->busy[time + 1] |= c.early | c.late;
        argument_wishes(i, o.uses);
        if (i.op == Opcode::Alu && (c.late & bit(Reg::ECX)))
            wishes_[o.uses[1]].prefer |= bit(Reg::ECX);
        if (i.op == Opcode::Ret || i.op == Opcode::SxL || i.op == Opcode::ZxL)
            wishes_[o.uses[0]].prefer |= bit(Reg::EAX);
        for (auto d : o.defs) {
            if (pc + 1 < block.end && is_passing(i, time, d))
                result_->places[d].kind = Place::Kind::Passing;
            wishes_[d].at_last = pc + 1 < block.end && webs_.loads_word(pc) &&
                                 reads_from_memory(function_->code[pc + 1]) &&
                                 webs_.all()[d].length == 2;
            if (c.late == kCallerSaved) wishes_[d].prefer |= bit(Reg::EAX);
            if (i.op == Opcode::Mov || i.op == Opcode::Alu || i.op == Opcode::AluI ||
                i.op == Opcode::Cast || i.op == Opcode::Wrap)
                wish(d, o.uses[0]);
        }
    }
}

// Whether an instruction leaves a 64-bit value in EDX:EAX that the next one, and no other, reads from there.
// What does so are those that end in Lowering::long_result.
bool Allocator::is_passing(const Instruction& i, std::uint32_t time, WebIndex web) const {
    if (!webs_.all()[web].wide) return false;
    const auto ranges = webs_.ranges(webs_.all()[web]);
    if (ranges.size() != 1 || ranges[0].to != time + 4) return false;
    if (i.op != Opcode::AluL && i.op != Opcode::SxL && i.op != Opcode::ZxL &&
        i.op != Opcode::Call && i.op != Opcode::CallI && i.op != Opcode::CallK)
        return false;
    const auto& next = (&i)[1];
    switch (next.op) {
    case Opcode::AluL: {
        const auto op = static_cast<AluOp>(next.imm);
        return !is_division(op) && next.b != next.c && (next.b == i.a || commutes(op));
    }
    case Opcode::LowL:
    case Opcode::Ret:
        return true;
    default:
        return false;
    }
}

void Allocator::argument_wishes(const Instruction& i, std::span<const WebIndex> passed) {
    const auto& module = verified_.module();
    if (i.op != Opcode::Call && i.op != Opcode::CallI) return;
    const Arguments arguments(module, i.op == Opcode::Call ? module.functions[i.imm].params
                                                           : module.methods[i.imm].params);
    const auto places = arguments.places();
    for (unsigned k = 0; k < places.size(); ++k)
        if (places[k].in_register) wishes_[passed[k]].prefer |= bit(places[k].reg);
}

// The registers in which a web may live. Of a 64-bit value these are two of the saved ones: the others do the work on it.
RegMask Allocator::free_for(WebIndex w) const {
    const auto& web = webs_.all()[w];
    RegMask free = web.wide ? kSavedRegs : kAll;
    for (const auto& range : webs_.ranges(web)) {
        free &= ~result_->busy_in(range, kAll);
        if (free == 0) return 0;
    }
    // EAX is kept for short lives: it is what most instructions want for a moment.
    bool wants_eax = wishes_[w].prefer & bit(Reg::EAX);
    if (web.length > (wants_eax ? 2 * kShortLife : kShortLife)) free &= ~bit(Reg::EAX);
    // Saving a register costs as much as two uses of a stack slot.
    if (web.weight <= 4) free &= kCallerSaved | result_->saved;
    return free;
}

bool Allocator::give_register(WebIndex w) {
    const auto& web = webs_.all()[w];
    auto free = free_for(w);
    if (free == 0 || (web.wide && (free & (free - 1)) == 0)) return false;
    const auto low = choose(wishes_[w], free, web.length <= kShortLife);
    free &= ~bit(low);
    const auto high = web.wide ? choose({}, free, false) : low;
    const Place place{.kind = Place::Kind::Register, .reg = low, .high = high};
    result_->places[w] = place;
    result_->saved |= place.registers() & kSavedRegs;
    for (const auto& range : webs_.ranges(web))
        result_->take(range, place.registers());
    return true;
}

// Short lives crowd into EAX and ECX, so that longer ones find EDX free.
Reg Allocator::choose(const Wishes& wishes, RegMask free, bool is_short) const {
    constexpr Reg kShort[] = {Reg::EAX, Reg::ECX, Reg::EDX, Reg::EBX, Reg::ESI, Reg::EDI, Reg::EBP};
    constexpr Reg kLong[] = {Reg::EDX, Reg::ECX, Reg::EBX, Reg::ESI, Reg::EDI, Reg::EBP, Reg::EAX};
    const auto& order = is_short ? kShort : kLong;
    for (auto like : wishes.like)
        if (like != kNoWeb && result_->places[like].kind == Place::Kind::Register &&
            (bit(result_->places[like].reg) & free))
            return result_->places[like].reg;
    for (RegMask among : {static_cast<RegMask>(wishes.prefer & free),
                          static_cast<RegMask>(free & (kCallerSaved | result_->saved)), free})
        for (auto reg : order)
            if (bit(reg) & among) return reg;
    return Reg::EAX; // not reached: free is not empty
}

// A bytecode register holds one value at a time, so all its webs can share one home.
void Allocator::give_home(WebIndex w) {
    const auto& web = webs_.all()[w];
    bool wide_parameter = web.reg < function_->params.size() &&
                          verified_.module().types[function_->params[web.reg]].kind == Kind::I64;
    if (incoming_[web.reg] != kNone && wide_parameter == web.wide) {
        result_->places[w] = {.kind = Place::Kind::Incoming, .word = incoming_[web.reg]};
        return;
    }
    auto& home = homes_[web.wide ? 1 : 0][web.reg];
    if (home == kNone) {
        home = result_->home_words;
        result_->home_words += web.wide ? 2 : 1;
    }
    result_->places[w] = {.kind = Place::Kind::Slot, .word = home};
}

Arguments::Arguments(const Module& module, std::span<const TypeIndex> params) {
    std::size_t used = 0;
    for (auto type : params) {
        bool wide = module.types[type].kind == Kind::I64;
        if (!wide && used < std::size(kArgumentRegs)) {
            places_[count_++] = {true, kArgumentRegs[used++], 0};
        } else {
            places_[count_++] = {false, Reg::EAX, stack_words};
            stack_words += wide ? 2 : 1;
        }
    }
}

void Cursor::enter(const Block& block) {
    block_ = &block;
    nth_ = 0;
    std::fill_n(current_.begin(), webs_->register_count(), kNoWeb);
    webs_->each_at_entry(block, [&](std::size_t r, WebIndex web) { current_[r] = web; });
}

RegMask Allocation::busy_in(Range range, RegMask enough) const {
    std::uint64_t sum = 0;
    auto t = range.from;
    auto folded = [&] {
        auto half = static_cast<std::uint32_t>(sum | sum >> 32);
        half |= half >> 16;
        return static_cast<RegMask>(half | half >> 8);
    };
    for (; t + sizeof sum <= range.to; t += sizeof sum) {
        std::uint64_t instants;
        std::memcpy(&instants, &busy[t], sizeof instants);
        sum |= instants;
        if (folded() == enough) return enough;
    }
    for (; t < range.to; ++t)
        sum |= busy[t];
    return folded();
}

void Allocation::take(Range range, RegMask regs) {
    const std::uint64_t instants = 0x0101010101010101u * regs;
    auto t = range.from;
    for (; t + sizeof instants <= range.to; t += sizeof instants) {
        std::uint64_t old;
        std::memcpy(&old, &busy[t], sizeof old);
        old |= instants;
        std::memcpy(&busy[t], &old, sizeof old);
    }
    for (; t < range.to; ++t)
        busy[t] |= regs;
}

} // namespace singlet::verifier::x86
