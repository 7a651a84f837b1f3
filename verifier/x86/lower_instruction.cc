// Which lowering takes which opcode.
#include "lib/core/assert.hh"
#include "verifier/x86/lower.hh"

namespace singlet::verifier::x86 {

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
    case Opcode::IsNull:
        return is_null(i);
    case Opcode::IsInst:
        return is_instance(i);
    case Opcode::Cast:
        return cast(i);
    case Opcode::RefEq:
        return same_object(i);
    case Opcode::New:
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
    // <since lab5>
    case Opcode::CellNew:
        return new_cell(i);
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
    // </since>
    // <since lab6>
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
    case Opcode::Start:
        return start(i);
    case Opcode::Select:
        return select(i);
    // </since>
    case Opcode::Call:
    case Opcode::CallI:
        return call(i);
    case Opcode::CallK:
        return kernel_call(i);
    case Opcode::In:
        return port_in(i);
    case Opcode::Out:
        return port_out(i);
    // <since lab6 = default:>
    case Opcode::kCount:
        // </since>
        break;
    }
    ASSERT(false);
}

} // namespace singlet::verifier::x86
