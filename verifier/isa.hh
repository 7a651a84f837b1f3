// Instructions as values. The set itself is isa.def.
#pragma once

#include <cstdint>
#include <string_view>

namespace singlet::verifier {

enum class Opcode : std::uint8_t {
#define OP(name, text, a, b, c, imm, doc) name,
#include "verifier/isa.def"
    kCount
};

enum class AluOp : std::uint8_t {
#define ALU(name, text, doc) name,
#include "verifier/isa.def"
    kCount
};

enum class Condition : std::uint8_t {
#define COND(name, text, doc) name,
#include "verifier/isa.def"
    kCount
};

enum class Role : std::uint8_t { _, D, U, M, X, A, Sub, N }; // D to A: registers
enum class Immediate : std::uint8_t {
    _,
    Int,
    Alu,
    Cond,
    Block,
    Targets,
    Str,
    Type,
    Class,
    Struct,
    Field,
    Func,
    Import,
    Method,
    Contract,
    Msg,
    Select,
    Switch,
    Width,
    Trap
};

struct Instruction {
    Opcode op;
    std::uint8_t a, b, c;
    std::uint32_t imm;

    std::uint16_t true_block() const { return static_cast<std::uint16_t>(imm >> 16); }
    std::uint16_t false_block() const { return static_cast<std::uint16_t>(imm); }
    friend constexpr bool operator==(const Instruction&, const Instruction&) = default;
};
static_assert(sizeof(Instruction) == 8);

struct OpcodeInfo {
    std::string_view text;
    Role a, b, c;
    Immediate imm;
    std::string_view doc;
};

inline constexpr OpcodeInfo kOpcodes[] = {
#define OP(name, text, a, b, c, imm, doc) {text, Role::a, Role::b, Role::c, Immediate::imm, doc},
#include "verifier/isa.def"
};
inline constexpr std::string_view kAluText[] = {
#define ALU(name, text, doc) text,
#include "verifier/isa.def"
};
inline constexpr std::string_view kConditionText[] = {
#define COND(name, text, doc) text,
#include "verifier/isa.def"
};

constexpr const OpcodeInfo& info(Opcode op) { return kOpcodes[static_cast<std::uint8_t>(op)]; }

constexpr bool is_terminator(Opcode op) { return op >= Opcode::Jmp && op <= Opcode::Select; }

} // namespace singlet::verifier
