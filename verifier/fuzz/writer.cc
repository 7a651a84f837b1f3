#include "verifier/fuzz/writer.hh"

#include <algorithm>

#include "verifier/meet.hh"

namespace singlet::fuzz {
namespace {

constexpr std::uint16_t kNowhere = 0xffff;
constexpr int kMostOwned = 6;

} // namespace

Writer::Writer(World& world, std::size_t function)
    : world_(world), choices_(world.choices), module_(world.module), number_(function),
      f_(world.module.functions[function]) {
    const std::size_t least = f_.params.size() + 10;
    general_ = static_cast<std::uint8_t>(least + choices_.below(10));
    f_.registers = static_cast<std::uint16_t>(general_ + 2 + kArguments + kReceived);
    now_ = {std::vector<Type>(f_.registers), std::vector<std::uint16_t>(f_.registers)};
    locked_.resize(f_.registers);
    budget_ = choices_.between(4, function == 0 ? 80 : 40);
}

// ---- code

Writer::Label Writer::label() {
    places_.push_back(kNowhere);
    return static_cast<Label>(places_.size() - 1);
}

void Writer::bind(Label l) {
    places_[l] = static_cast<std::uint16_t>(f_.blocks.size());
    f_.blocks.push_back(static_cast<std::uint32_t>(f_.code.size()));
    open_ = true;
}

void Writer::emit(Opcode op, std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint32_t imm) {
    f_.code.push_back({op, a, b, c, imm});
}

void Writer::end(Opcode op, std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint32_t imm) {
    emit(op, a, b, c, imm);
    open_ = false;
}

void Writer::branch(Opcode op, std::uint8_t a, Label yes, Label no, std::uint8_t b,
                    std::uint8_t c) {
    end(op, a, b, c, std::uint32_t{yes} << 16 | no);
}

// Labels become block numbers.
void Writer::finish() {
    for (Instruction& i : f_.code) {
        const Immediate kind = info(i.op).imm;
        if (kind == Immediate::Block) i.imm = places_[i.imm];
        if (kind == Immediate::Targets)
            i.imm = std::uint32_t{places_[i.true_block()]} << 16 | places_[i.false_block()];
    }
    for (auto& table : f_.switches)
        for (auto& target : table)
            target = places_[target];
    for (auto& table : f_.selects)
        for (auto& c : table.cases)
            c.block = places_[c.block];
}

// ---- registers

void Writer::set(Register r, Type t, std::uint16_t mark) {
    now_.types[r] = t;
    now_.marks[r] = mark;
}

void Writer::move(Register to, Register from) {
    if (to == from) return;
    emit(Opcode::Mov, to, from);
    set(to, type(from), now_.marks[from]);
    if (is_pinned(type(from))) set(from, {});
}

Writer::Register Writer::fresh() {
    if (auto r = find_if([&](Register r) { return !locked_[r] && !is_pinned(type(r)); })) return *r;
    drop(scratch());
    return scratch();
}

Writer::MaybeRegister Writer::find(const Type& slot, bool to_take) {
    return find_if(
        [&](Register r) { return world_.suits(type(r), slot) && (!to_take || takeable(r)); });
}

Writer::Register Writer::integer() {
    if (choices_.chance(85))
        if (auto r = find({.kind = Kind::I32})) return *r;
    constexpr std::int32_t kSome[] = {0,   1,     -1,   2,          7,
                                      255, 65536, -100, 0x7fffffff, -0x7fffffff - 1};
    return number(choices_.of(kSome));
}

Writer::Register Writer::long_integer() {
    if (choices_.chance(75))
        if (auto r = find({.kind = Kind::I64})) return *r;
    const Register r = fresh();
    constexpr std::int32_t kSome[] = {0, 1, -1, 3, 1000, -0x7fffffff - 1};
    emit(Opcode::LdL, r, 0, 0, static_cast<std::uint32_t>(choices_.of(kSome)));
    set(r, {.kind = Kind::I64});
    return r;
}

Writer::Register Writer::number(std::int32_t n) {
    const Register r = fresh();
    emit(Opcode::LdI, r, 0, 0, static_cast<std::uint32_t>(n));
    set(r, {.kind = Kind::I32});
    return r;
}

void Writer::drop(Register r) {
    if (!is_owned(type(r))) return;
    emit(Opcode::Free, r);
    set(r, {});
}

void Writer::shed() {
    int owned = 0;
    for (Register r = 0; r < general_; ++r)
        if (is_owned(type(r)) && !locked_[r] && ++owned > kMostOwned) drop(r);
}

// ---- the function

void Writer::write() {
    bind(label());
    for (std::size_t p = 0; p < f_.params.size(); ++p) {
        Type t = world_.type(f_.params[p]);
        if (t.lent && is_pinned(t)) t.lent = static_cast<std::uint8_t>(1 + p);
        set(static_cast<Register>(p), t);
    }
    if (number_ == 0) {
        fuel_ = number(static_cast<std::int32_t>(choices_.between(2, 5)));
    } else { // a method's receiver comes before its fuel
        fuel_ = f_.params[0] == kI32 ? 0 : 1;
        const Label go = label(), stop = label();
        emit(Opcode::CmpI, scratch(), fuel_, static_cast<std::uint8_t>(Condition::Le), 0);
        branch(Opcode::BrNz, scratch(), stop, go);
        const State begin = now_;
        bind(stop);
        leave();
        now_ = begin;
        bind(go);
    }
    locked_[fuel_] = 1;
    body(kDepth);
    for (std::uint32_t f = 1; number_ == 0 && f < module_.functions.size() && open_; ++f) {
        held_.clear();
        call(f);
    }
    if (open_) leave();
    finish();
    module_.functions[number_] = std::move(f_);
}

} // namespace singlet::fuzz
