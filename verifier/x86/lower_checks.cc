// The checks of memory accesses that the verifier leaves to run time: null and array bounds. A check
// that has been passed is not made again: facts are kept along a block, and into the next one if control
// comes from there only. An array's length never changes, so a fact holds until one of its two registers
// gets another value.
#include <algorithm>

#include "verifier/x86/lower.hh"

namespace singlet::verifier::x86 {

namespace {

constexpr std::int32_t kData = rt::kDataOffset;
constexpr std::size_t kMostFacts =
    16; // older ones are forgotten: the time for each check is bounded

} // namespace

void Lowering::forget(WebIndex w) {
    std::erase_if(facts_, [w](const Fact& f) { return f.object == w || f.index == w; });
}

void Lowering::learn(Fact fact) {
    if (facts_.size() == kMostFacts) facts_.erase(facts_.begin());
    facts_.push_back(fact);
}

// Where there is only one way into a block, what was true behind it is true here: of the block before in
// the layout all facts, of another what its branch has tested. An edge that writes registers carries none.
void Lowering::facts_at_entry(std::uint32_t k) {
    auto from = entered_from_[k];
    if (from == kManyEntries) return facts_.clear();
    const auto& block = webs_.blocks()[k];
    const auto& before = webs_.blocks()[from];
    auto edges = webs_.edges(before);
    bool writes =
        std::any_of(edges.begin(), edges.end(), [](const Edge& e) { return e.def_count != 0; });
    if (from + 1 != k || repeated_ || writes) facts_.clear();
    learn_from_branch(before, block);
}

// len n, a; cmp.ltu x, i, n; brnz x, block: i is an index of a there. So is j + k if it was computed just
// before as i; if j is not negative the sum has not wrapped, and a has k + 1 elements from j on.
void Lowering::learn_from_branch(const Block& before, const Block& block) {
    if (before.end - before.begin < 3) return;
    const auto* last = &function_->code[before.end - 3];
    const auto &length = last[0], &compare = last[1], &branch = last[2];
    if (length.op != Opcode::Len || compare.op != Opcode::Cmp || branch.op != Opcode::BrNz) return;
    bool holds = compare.imm == static_cast<std::uint32_t>(Condition::LtU) &&
                 compare.c == length.a && branch.a == compare.a &&
                 branch.true_block() == block.number && branch.false_block() != block.number;
    bool kept = length.a != length.b && length.a != compare.b && compare.a != length.b &&
                compare.a != compare.b;
    auto a = webs_.at_entry(block, length.b), i = webs_.at_entry(block, compare.b);
    if (!holds || !kept || a == kNoWeb) return;
    if (i != kNoWeb) learn({a, i, 1});
    if (before.end - before.begin < 4) return;
    const auto& sum = last[-1];
    if (sum.op != Opcode::AluI || sum.c != static_cast<std::uint8_t>(AluOp::Add) ||
        sum.a != compare.b || sum.a == length.b || sum.a == sum.b || sum.imm > 0x7fffffff)
        return;
    auto j = webs_.at_entry(block, sum.b);
    bool stays = sum.b != length.a && sum.b != compare.a;
    if (stays && j != kNoWeb) learn({a, j, std::uint64_t{sum.imm} + 1, true});
}

bool Lowering::must_check_null(unsigned r) {
    if (!options_.checks || !type(r).nullable) return false;
    auto w = cursor_.web(r);
    for (const auto& f : facts_)
        if (f.object == w) return false;
    learn({w, kNoWeb, 0});
    return true;
}

// Whether `index` + room <= length is still to be shown; kNoWeb is the index 0.
bool Lowering::must_check_bounds(unsigned array, WebIndex index, std::uint64_t room,
                                 bool is_positive) {
    if (!options_.checks) return false;
    auto w = cursor_.web(array);
    for (const auto& f : facts_)
        if (f.object == w && f.index == index && f.room >= room && (is_positive || !f.if_positive))
            return false;
    learn({w, index, room});
    return true;
}

void Lowering::null_check(unsigned r) {
    auto o = value(r);
    if (o.is_constant() || !must_check_null(r)) return;
    if (o.is_register())
        as_.test(o.reg, o.reg);
    else
        as_.alu(Op::Cmp, o, Operand::constant(0));
    as_.jcc(Cc::E, cold(rt::TrapReason::NullReference));
}

Reg Lowering::object(unsigned r) {
    auto reg = in_register(value(r));
    if (must_check_null(r)) {
        as_.test(reg, reg);
        as_.jcc(Cc::E, cold(rt::TrapReason::NullReference));
    }
    return reg;
}

// Element `index` of an array; one unsigned comparison covers negative indices.
Operand Lowering::element(unsigned array, unsigned index, unsigned size) {
    auto base = object(array);
    auto at = value(index);
    auto length = Operand::memory(base, kLengthOffset);
    if (at.is_number()) {
        auto n = static_cast<std::uint32_t>(at.disp);
        if (must_check_bounds(array, kNoWeb, std::uint64_t{n} + 1)) {
            as_.alu(Op::Cmp, length, at);
            as_.jcc(Cc::BE, cold(rt::TrapReason::OutOfBounds));
        }
        return Operand::memory(base, static_cast<std::int32_t>(kData + n * size));
    }
    auto reg = in_register(at);
    if (must_check_bounds(array, cursor_.web(index), 1)) {
        as_.alu(Op::Cmp, reg, length);
        as_.jcc(Cc::AE, cold(rt::TrapReason::OutOfBounds));
    }
    unsigned scale = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
    return Operand::memory(base, reg, scale, kData);
}

// `width` bytes, two or four, at byte `index`: that is not negative, so the last byte's number does not
// wrap, and if that is in bounds so are the others.
Operand Lowering::bytes_in(unsigned array, unsigned index, unsigned width) {
    auto base = object(array);
    auto at = value(index);
    auto length = Operand::memory(base, kLengthOffset);
    auto wide = Operand::constant(static_cast<std::int32_t>(width));
    if (at.is_number() && at.disp >= 0 && at.disp < 0x40000000) {
        if (must_check_bounds(array, kNoWeb, static_cast<std::uint64_t>(at.disp) + width)) {
            as_.alu(Op::Cmp, length, at.plus(wide.disp));
            as_.jcc(Cc::B, cold(rt::TrapReason::OutOfBounds));
        }
        return Operand::memory(base, kData + at.disp);
    }
    auto reg = in_register(at);
    if (must_check_bounds(array, cursor_.web(index), 1)) {
        as_.test(reg, reg);
        as_.jcc(Cc::S, cold(rt::TrapReason::OutOfBounds));
    }
    if (must_check_bounds(array, cursor_.web(index), width, true)) {
        auto last = temporary();
        as_.lea(last, Operand::memory(reg, wide.disp - 1));
        as_.alu(Op::Cmp, last, length);
        as_.jcc(Cc::AE, cold(rt::TrapReason::OutOfBounds));
    }
    return Operand::memory(base, reg, 0, kData);
}

} // namespace singlet::verifier::x86
