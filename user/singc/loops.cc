// Loops as they are emitted, made cheaper. What a round computes anew though it is the same in each is
// computed once, before the loop; a product with a counter is kept up by an addition where the counter is
// stepped. Nobody has to trust this: what comes out is verified like any other code.
//
// A loop is what lies between a jump backwards and its target. It is left as it is unless it is entered
// from one block only, which then does what was taken out. A register that the loop does not write has
// there the value, and for the verifier the type, that it has inside; and a result that is written in one
// place only means the same everywhere.
#include <algorithm>

#include "user/singc/emit.hh"

namespace singlet::singc {

using verifier::AluOp;
using verifier::Instruction;
using verifier::Opcode;
using verifier::Role;

namespace {

template <typename Visit>
void written(const Instruction& i, Visit&& visit) {
    const auto& roles = verifier::info(i.op);
    auto field = [&](Role role, std::uint8_t r) {
        if (role == Role::D || role == Role::X) visit(r);
    };
    field(roles.a, i.a), field(roles.b, i.b), field(roles.c, i.c);
}

// An argument list may reach up to any register behind its first.
bool may_read(const Instruction& i, std::uint8_t r) {
    const auto& roles = verifier::info(i.op);
    auto field = [&](Role role, std::uint8_t x) {
        return ((role == Role::U || role == Role::M || role == Role::X) && x == r) ||
               (role == Role::A && x <= r);
    };
    return field(roles.a, i.a) || field(roles.b, i.b) || field(roles.c, i.c);
}

bool is_division(AluOp op) {
    return op == AluOp::Div || op == AluOp::Rem || op == AluOp::DivU || op == AluOp::RemU;
}

// Arithmetic that cannot trap, and constants.
bool is_harmless(const Instruction& i) {
    switch (i.op) {
    case Opcode::LdI:
    case Opcode::LdL:
    case Opcode::Alu:
    case Opcode::AluL:
        return !is_division(static_cast<AluOp>(i.imm));
    case Opcode::AluI:
        return !is_division(static_cast<AluOp>(i.c));
    case Opcode::SxL:
    case Opcode::ZxL:
    case Opcode::LowL:
        return true;
    default:
        return false;
    }
}

bool is_immediate(const Instruction& i, AluOp op) {
    return i.op == Opcode::AluI && i.c == static_cast<std::uint8_t>(op);
}

// What a counter may start with and grow by. Arrays are shorter than 2^31 by more than a few times this.
constexpr std::uint32_t kLittle = 1 << 16;

} // namespace

void Emitter::improve_loops(std::size_t parameters) {
    if (!selects_.empty()) return; // a select writes registers on its edges, and waits anyway
    positions_.assign(blocks_.size(), 0);
    writers_.fill(0);
    std::fill_n(writers_.begin(), parameters, 1u);
    std::vector<Loop> loops(order_.size());
    for (std::uint32_t k = 0; k < order_.size(); k++)
        positions_[order_[k]] = loops[k].begin = k;
    for (std::uint32_t k = 0; k < order_.size(); k++) {
        Block& block = blocks_[order_[k]];
        for (const Instruction& i : block.code)
            written(i, [&](std::uint8_t r) { writers_[r]++; });
        targets(block, [&](Label& to) {
            if (positions_[to] <= k) loops[positions_[to]].end = k + 1;
        });
    }
    std::erase_if(loops, [](const Loop& l) { return l.end == 0; });
    // Inner loops first: what leaves them may leave the outer one too.
    std::sort(loops.begin(), loops.end(), [](const Loop& x, const Loop& y) {
        return std::pair(x.end - x.begin, x.begin) < std::pair(y.end - y.begin, y.begin);
    });
    for (Loop& loop : loops)
        if (enter(loop)) hoist(loop), reduce(loop), compare_unsigned(loop, loops);
}

// Finds the block before the loop, and what the loop writes.
bool Emitter::enter(Loop& loop) {
    std::size_t entries = 0;
    for (std::uint32_t k = 0; k < order_.size(); k++) {
        if (loop.holds(k)) {
            for (const Instruction& i : blocks_[order_[k]].code)
                written(i, [&](std::uint8_t r) { loop.written.set(r); });
            continue;
        }
        targets(blocks_[order_[k]], [&](Label& to) {
            if (!loop.holds(positions_[to])) return;
            loop.before = &blocks_[order_[k]];
            entries++;
        });
    }
    return entries == 1 && loop.before->code.back().op == Opcode::Jmp;
}

void Emitter::take_out(Loop& loop, Block& block, std::size_t n) {
    loop.before->code.insert(loop.before->code.end() - 1, block.code[n]);
    loop.before->lines.insert(loop.before->lines.end() - 1, block.lines[n]);
    block.code.erase(block.code.begin() + static_cast<std::ptrdiff_t>(n));
    block.lines.erase(block.lines.begin() + static_cast<std::ptrdiff_t>(n));
}

void Emitter::hoist(Loop& loop) {
    for (std::uint32_t k = loop.begin; k < loop.end; k++) {
        Block& block = blocks_[order_[k]];
        for (std::size_t n = 0; n < block.code.size();) {
            const Instruction i = block.code[n];
            const auto& roles = verifier::info(i.op);
            bool varies = (roles.b == Role::U && loop.written[i.b]) ||
                          (roles.c == Role::U && loop.written[i.c]);
            if (!is_harmless(i) || varies || writers_[i.a] != 1) {
                n++;
                continue;
            }
            take_out(loop, block, n);
            loop.written.reset(i.a);
        }
    }
}

// Whether register r, written by instruction n of the block and nowhere else, is read only behind it in
// the block, before `counter` is stepped there.
bool Emitter::is_local(const Block& block, std::size_t n, std::uint8_t counter) {
    std::uint8_t r = block.code[n].a;
    if (writers_[r] != 1) return false;
    std::size_t here = 0, all = 0;
    for (Label l : order_)
        for (const Instruction& i : blocks_[l].code)
            all += may_read(i, r);
    for (n++; n < block.code.size(); n++) {
        here += may_read(block.code[n], r);
        if (block.code[n].a == counter && is_immediate(block.code[n], AluOp::Add)) break;
    }
    return here == all;
}

// Whether a loop is left where its test goes on to `out`, and comes back to its beginning from one place. If not, its counter
// may be stepped more often than tested: the loop begins with another one, or has a second condition.
bool Emitter::is_only_round(const Loop& loop, Label out) {
    std::size_t rounds = 0;
    for (std::uint32_t k = loop.begin; k < loop.end; k++)
        targets(blocks_[order_[k]], [&](Label& to) { rounds += positions_[to] == loop.begin; });
    return rounds == 1 && !loop.holds(positions_[out]);
}

// `i < a.Length` or `i + k < a.Length`, where i starts at 0 or above and only grows, by little, is the same as
// an unsigned comparison: no array is so long that it could overflow. And from that the compiler to x86 sees
// that a[i] is in bounds.
void Emitter::compare_unsigned(const Loop& loop, const std::vector<Loop>& loops) {
    Block& test = blocks_[loop.before->code.back().imm];
    if (test.code.size() < 3 || test.code.back().op != Opcode::BrNz) return;
    Instruction& compare = test.code[test.code.size() - 2];
    const Instruction& length = test.code[test.code.size() - 3];
    auto stays = positions_[branches_[test.code.back().imm].yes];
    if (compare.op != Opcode::Cmp || compare.a != test.code.back().a ||
        compare.imm != static_cast<std::uint32_t>(verifier::Condition::Lt) ||
        length.op != Opcode::Len || length.a != compare.c || compare.b == compare.c ||
        stays != loop.begin || !is_only_round(loop, branches_[test.code.back().imm].no))
        return;
    std::uint8_t counter = compare.b;
    if (test.code.size() > 3) {
        const Instruction& sum = test.code[test.code.size() - 4];
        if (is_immediate(sum, AluOp::Add) && sum.a == counter && sum.b != counter &&
            sum.imm <= kLittle && writers_[counter] == 1)
            counter = sum.b;
    }
    auto steps = 0, others = 0;
    for (std::uint32_t k = loop.begin; k < loop.end; k++)
        for (const Instruction& i : blocks_[order_[k]].code) {
            bool writes = false;
            written(i, [&](std::uint8_t r) { writes |= r == counter; });
            bool is_step =
                writes && is_immediate(i, AluOp::Add) && i.b == i.a && i.imm - 1 < kLittle &&
                std::none_of(loops.begin(), loops.end(),
                             [&](const Loop& l) { return l.begin > loop.begin && l.holds(k); });
            steps += is_step, others += writes && !is_step;
        }
    bool starts_well = false;
    for (const Instruction& i : loop.before->code)
        written(i, [&](std::uint8_t r) {
            if (r == counter) starts_well = i.op == Opcode::LdI && i.imm <= kLittle;
        });
    if (steps == 1 && others == 0 && starts_well)
        compare.imm = static_cast<std::uint32_t>(verifier::Condition::LtU);
}

// x = counter * c, or x = counter * c + what does not change: x is computed before the loop, and grows by
// step * c where the counter grows by step. Wrapping keeps this exact. It costs a register, so a loop
// has at most two such.
void Emitter::reduce(Loop& loop) {
    std::array<std::uint32_t, 256> writers{};
    for (std::uint32_t k = loop.begin; k < loop.end; k++)
        for (const Instruction& i : blocks_[order_[k]].code)
            written(i, [&](std::uint8_t r) { writers[r]++; });
    auto step_of = [&](std::uint8_t r) -> std::pair<Block*, std::size_t> {
        for (std::uint32_t k = loop.begin; k < loop.end && writers[r] == 1; k++)
            for (std::size_t n = 0; n < blocks_[order_[k]].code.size(); n++) {
                const Instruction& i = blocks_[order_[k]].code[n];
                if (is_immediate(i, AluOp::Add) && i.a == r && i.b == r)
                    return {&blocks_[order_[k]], n};
            }
        return {nullptr, 0};
    };
    int most = 2;
    for (std::uint32_t k = loop.begin; k < loop.end; k++) {
        Block& block = blocks_[order_[k]];
        for (std::size_t n = 0; n + 1 < block.code.size() && most > 0; n++) {
            const Instruction product = block.code[n], next = block.code[n + 1];
            if (!is_immediate(product, AluOp::Mul) || step_of(product.b).first == nullptr ||
                !is_local(block, n, product.b))
                continue;
            bool is_sum = next.op == Opcode::Alu &&
                          next.imm == static_cast<std::uint32_t>(AluOp::Add) &&
                          next.b == product.a && next.c != product.a && !loop.written[next.c] &&
                          is_local(block, n + 1, product.b);
            std::size_t reads = 0;
            for (const Instruction& i : block.code)
                reads += may_read(i, product.a);
            if (is_sum && reads != 1) is_sum = false;
            take_out(loop, block, n);
            if (is_sum) take_out(loop, block, n);
            std::uint8_t x = is_sum ? next.a : product.a;
            auto [at, m] = step_of(product.b);
            Instruction grow = at->code[m];
            grow.a = grow.b = x, grow.imm *= product.imm;
            auto behind = static_cast<std::ptrdiff_t>(m + 1);
            at->lines.insert(at->lines.begin() + behind, at->lines[m]);
            at->code.insert(at->code.begin() + behind, grow);
            writers_[x]++;
            most--, n--;
        }
    }
}

} // namespace singlet::singc
