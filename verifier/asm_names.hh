// How .sasm spells things, for the assembler and the disassembler alike. A name means the first entry of its table
// that has it; what no name means (a second `main`, a number that does not exist) is written #number.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "verifier/module.hh"

namespace singlet::verifier {

// One operation's mnemonic: "add" is Alu with sub-operation Add; "cmp.lt" Cmp with Lt.
struct Mnemonic {
    Opcode op;
    std::uint8_t sub = 0;              // AluOp or Condition
    std::optional<Opcode> with_number; // the form whose last operand is a number (AluI, CmpI)
};
std::map<std::string, Mnemonic, std::less<>> mnemonics(); // by their text
std::string mnemonic_of(const Instruction& instruction);

using Number = std::optional<std::uint32_t>;
Number find_string(const Module& m, std::string_view text);
Number find_class(const Module& m, std::string_view name);
Number find_struct(const Module& m, std::string_view name);
Number find_contract(const Module& m, std::string_view name);
Number find_function(const Module& m, std::string_view name);
Number find_import(const Module& m, std::string_view name);
Number find_method(const Module& m, std::string_view name);       // "Interface.method"
Number find_field(const Module& m, std::string_view name);        // "Class.field", "Struct.field"
Number find_message(const Module& m, std::string_view name);      // "Contract.Message"
Number find_message_of(const Contract& c, std::string_view name); // "Message"
Number find_state(const Contract& c, std::string_view name);
Number find_type(const Module& m, const Type& type);

// The type's text (verifier/text.hh) where that text means this entry of the table, else #number.
std::string type_name(const Module& m, TypeIndex index);
// The text of the entry itself, for the list of all types: its parts must stand before it.
std::string type_entry(const Module& m, TypeIndex index);
// The same for the state of a contract; "-" if it has no name.
std::string state_name(const Contract& c, std::uint16_t state);

std::string hash(std::uint32_t number); // "#number"
std::string quoted(std::string_view text);

} // namespace singlet::verifier
