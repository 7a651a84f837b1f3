// The dispatch, and the rules of moves and integers.
#include "verifier/transfer.hh"

#include "lib/core/assert.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

constexpr Type kInt{.kind = Kind::I32};
constexpr Type kLong{.kind = Kind::I64};

constexpr bool is_shift(std::uint32_t op) {
    const auto alu = static_cast<AluOp>(op);
    return alu == AluOp::Shl || alu == AluOp::Shr || alu == AluOp::Sar;
}

} // namespace

bool Transfer::step(std::uint32_t pc) {
    pc_ = pc;
    if (trace_) trace_->remember(registers_);
    const Instruction& i = function_->code[pc];
    switch (i.op) {
    case Opcode::Mov:
    case Opcode::LdI:
    case Opcode::LdL:
    case Opcode::Null:
    case Opcode::LdStr:
    case Opcode::Alu:
    case Opcode::AluI:
    case Opcode::AluL:
    case Opcode::Cmp:
    case Opcode::CmpI:
    case Opcode::CmpL:
    case Opcode::SxL:
    case Opcode::ZxL:
    case Opcode::LowL:
        return values(i);
    case Opcode::IsNull:
    case Opcode::IsInst:
    case Opcode::Cast:
    case Opcode::RefEq:
    case Opcode::New:
    case Opcode::LdFld:
    case Opcode::StFld:
        return objects(i);
    case Opcode::NewArr:
    case Opcode::Len:
    case Opcode::LdElem:
    case Opcode::StElem:
    case Opcode::LdBytes:
    case Opcode::StBytes:
    case Opcode::Copy:
        return arrays(i);
    case Opcode::CellNew:
    case Opcode::CellTake:
    case Opcode::CellPut:
    case Opcode::CellFull:
        // <since lab5 = return refuse(Rule::Encoding, name() + " has no rule yet");>
        return cells(i);
        // </since>
    case Opcode::XNew:
    case Opcode::XVec:
    case Opcode::XSwap:
    case Opcode::Free:
        // <since lab5 = return refuse(Rule::Encoding, name() + " has no rule yet");>
        return exchange(i);
        // </since>
    case Opcode::Channel:
    case Opcode::Send:
    case Opcode::Wrap:
    case Opcode::Unwrap:
    case Opcode::SetNew:
    case Opcode::SetAdd:
        // <since lab6 = return refuse(Rule::Encoding, name() + " has no rule yet");>
        return channels(i);
        // </since>
    case Opcode::Call:
    case Opcode::CallI:
    case Opcode::CallK:
        return calls(i);
    case Opcode::Start:
        // <since lab6 = return refuse(Rule::Encoding, name() + " has no rule yet");>
        return start(i);
        // </since>
    case Opcode::In:
    case Opcode::Out:
        // <since lab6 = return refuse(Rule::Encoding, name() + " has no rule yet");>
        return ports(i);
        // </since>
    case Opcode::Jmp:
    case Opcode::BrNz:
    case Opcode::BrNull:
    case Opcode::BrIs:
    case Opcode::Switch:
    case Opcode::Ret:
    case Opcode::RetVoid:
    case Opcode::Trap:
    case Opcode::Select:
    case Opcode::kCount:
        break;
    }
    ASSERT(!"an opcode that stands inside a block"); // check_bounds, check_flow
}

bool Transfer::values(const Instruction& i) {
    switch (i.op) {
    case Opcode::Mov:
        return present(i.b) && set(i.a, take(i.b));
    case Opcode::LdI:
        return set(i.a, kInt);
    case Opcode::LdL:
        return set(i.a, kLong);
    case Opcode::Null:
        return set(i.a, {.kind = Kind::Null});
    case Opcode::LdStr:
        return set(i.a, {.kind = Kind::Str});
    case Opcode::Alu:
    case Opcode::Cmp:
        return i32(i.b) && i32(i.c) && set(i.a, kInt);
    case Opcode::AluI:
    case Opcode::CmpI:
        return i32(i.b) && set(i.a, kInt);
    case Opcode::AluL:
        return i64(i.b) && (is_shift(i.imm) ? i32(i.c) : i64(i.c)) && set(i.a, kLong);
    case Opcode::CmpL:
        return i64(i.b) && i64(i.c) && set(i.a, kInt);
    case Opcode::SxL:
    case Opcode::ZxL:
        return i32(i.b) && set(i.a, kLong);
    case Opcode::LowL:
        return i64(i.b) && set(i.a, kInt);
    default:
        break;
    }
    ASSERT(!"an opcode of this family");
}

} // namespace singlet::verifier
