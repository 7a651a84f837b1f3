// Types, registers and numbers as text, for messages and for the disassembler. The type syntax is
// that of .sasm:
//
//   void u8 u16 i32 i64 str port irq dma processes any null unset conflict
//   ref Class   own Struct   array(T)   vec(T)   cell(T)   set(T)   Contract.Imp:State
//   Contract.Exp:State a `?` behind it: may be null; `lent ` before it: borrowed
//
// An unnamed state is written as #number. Nothing here needs a verified module: an index out of its
// table prints as a number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "verifier/module.hh"

namespace singlet::verifier {

std::string number_text(std::uint64_t n);
std::string type_text(const Module& module, Type type);
std::string type_text(const Module& module, TypeIndex type);
std::string state_text(const Module& module, std::uint16_t contract, std::uint16_t state);

// The name of an opcode, whatever byte it is.
std::string_view opcode_text(Opcode op);

} // namespace singlet::verifier
