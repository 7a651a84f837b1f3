// What each instruction does.
#include "kern/plain/machine.hh"
#include "verifier/integers.hh"

#include <cstring>

namespace singlet::kern::plain {

using verifier::AluOp;
using verifier::Condition;
using verifier::Kind;
using verifier::Opcode;

namespace {

template <class T>
T& memory(Word address) {
    return *reinterpret_cast<T*>(address);
}

bool knows(Opcode op) {
    switch (op) {
    case Opcode::Mov:
    case Opcode::LdI:
    case Opcode::Null:
    case Opcode::LdStr:
    case Opcode::Alu:
    case Opcode::AluI:
    case Opcode::Cmp:
    case Opcode::CmpI:
    case Opcode::Jmp:
    case Opcode::BrNz:
    case Opcode::BrNull:
    case Opcode::Switch:
    case Opcode::Ret:
    case Opcode::RetVoid:
    case Opcode::Trap:
    case Opcode::IsNull:
    case Opcode::RefEq:
    case Opcode::New:
    case Opcode::LdFld:
    case Opcode::StFld:
    case Opcode::NewArr:
    case Opcode::Len:
    case Opcode::LdElem:
    case Opcode::StElem:
    case Opcode::LdBytes:
    case Opcode::StBytes:
    case Opcode::Call:
    case Opcode::CallK:
        return true;
    default:
        return false;
    }
}

Word width_of(Kind kind) { return kind == Kind::U8 ? 1 : kind == Kind::U16 ? 2 : 4; }

} // namespace

std::string_view Machine::unknown(const verifier::Module& module) {
    for (const Function& f : module.functions)
        for (const Instruction& i : f.code)
            if (!knows(i.op)) return verifier::info(i.op).text;
    return {};
}

void Machine::step(const Instruction& i) {
    if (i.op <= Opcode::CmpI)
        integers(i);
    else if (is_terminator(i.op) || i.op == Opcode::Call || i.op == Opcode::CallK)
        control(i);
    else
        objects(i);
}

void Machine::integers(const Instruction& i) {
    const auto integer = [](Word word) { return static_cast<std::int32_t>(word); };
    const auto condition = [&](std::uint32_t c, Word y) {
        r(i.a) = verifier::holds(static_cast<Condition>(c), integer(r(i.b)), integer(y));
    };
    const auto alu = [&](std::uint32_t op, Word y) {
        const auto result = verifier::compute(static_cast<AluOp>(op), integer(r(i.b)), integer(y));
        if (!result) return trap("DivideByZero");
        r(i.a) = static_cast<Word>(*result);
    };
    switch (i.op) {
    case Opcode::Mov:
        r(i.a) = r(i.b);
        break;
    case Opcode::LdI:
        r(i.a) = i.imm;
        break;
    case Opcode::Null:
        r(i.a) = 0;
        break;
    case Opcode::LdStr:
        r(i.a) = literal_at_[i.imm];
        break;
    case Opcode::Alu:
        alu(i.imm, r(i.c));
        break;
    case Opcode::AluI:
        alu(i.c, i.imm);
        break;
    case Opcode::Cmp:
        condition(i.imm, r(i.c));
        break;
    default:
        condition(i.c, i.imm);
        break;
    }
}

// Fields are words; an array's first word is how many bytes an element has.
void Machine::objects(const Instruction& i) {
    switch (i.op) {
    case Opcode::IsNull:
        r(i.a) = r(i.b) == 0;
        break;
    case Opcode::RefEq:
        r(i.a) = r(i.b) == r(i.c);
        break;
    case Opcode::New:
        r(i.a) = allocate(i.imm, 0, static_cast<Word>(4 * module_.classes[i.imm].fields.size()));
        break;
    case Opcode::LdFld:
        if (here(r(i.b))) r(i.a) = memory<Word>(r(i.b) + rt::kDataOffset + 4 * i.imm);
        break;
    case Opcode::StFld:
        if (here(r(i.a))) memory<Word>(r(i.a) + rt::kDataOffset + 4 * i.imm) = r(i.b);
        break;
    case Opcode::NewArr: {
        const Word width = width_of(module_.types[module_.types[i.imm].index].kind);
        if (static_cast<std::int32_t>(r(i.b)) < 0) return trap("BadLength");
        if (r(i.b) > kHeapBytes) return trap("OutOfMemory");
        r(i.a) = allocate(width, r(i.b), width * r(i.b));
        break;
    }
    case Opcode::Len:
        if (here(r(i.b))) r(i.a) = memory<Word>(r(i.b) + 4);
        break;
    case Opcode::LdElem:
        if (const Word data = element(r(i.b), r(i.c), 1)) {
            const Word width = memory<Word>(r(i.b)), at = data + width * r(i.c);
            r(i.a) = width == 1   ? memory<std::uint8_t>(at)
                     : width == 2 ? memory<std::uint16_t>(at)
                                  : memory<Word>(at);
        }
        break;
    case Opcode::StElem:
        if (const Word data = element(r(i.a), r(i.b), 1)) {
            const Word width = memory<Word>(r(i.a));
            std::memcpy(&memory<char>(data + width * r(i.b)), &r(i.c), width <= 4 ? width : 4);
        }
        break;
    case Opcode::LdBytes:
        if (const Word data = element(r(i.b), r(i.c), i.imm)) {
            Word value = 0;
            std::memcpy(&value, &memory<char>(data + r(i.c)), i.imm == 2 ? 2 : 4);
            r(i.a) = value;
        }
        break;
    default: // stbytes
        if (const Word data = element(r(i.a), r(i.b), i.imm))
            std::memcpy(&memory<char>(data + r(i.b)), &r(i.c), i.imm == 2 ? 2 : 4);
        break;
    }
}

void Machine::control(const Instruction& i) {
    switch (i.op) {
    case Opcode::Jmp:
        return go(i.imm);
    case Opcode::BrNz:
        return go(r(i.a) != 0 ? i.true_block() : i.false_block());
    case Opcode::BrNull:
        return go(r(i.a) == 0 ? i.true_block() : i.false_block());
    case Opcode::Switch: {
        const auto& table = function_->switches[i.imm];
        return go(table[r(i.a) < table.size() ? r(i.a) : table.size() - 1]);
    }
    case Opcode::Ret:
        return leave(r(i.a));
    case Opcode::RetVoid:
        return leave(0);
    case Opcode::Call:
        return enter(module_.functions[i.imm], &r(i.b), i.a);
    case Opcode::CallK:
        return kernel_call(module_.imports[i.imm].name, &r(i.b), r(i.a));
    default:
        trap("Explicit");
        outcome_.status = i.imm;
    }
}

} // namespace singlet::kern::plain
