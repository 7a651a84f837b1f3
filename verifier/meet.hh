// The lattice of register types, and the two questions asked of it. meet() is the fixpoint's: what is known of a register in
// which two paths left these types. fits() is everybody else's: may this value stand where that type is declared.
//
//                        Unset                 not set on every path
//                          |
//                       Conflict               different things on different paths: nobody may use it
//            ______________|________________
//           |       |            |          |
//          I32  ref Shape?   vec(u8)?  Disk.Imp:Ready ...
//                /  |   \        |   \.
//   ref Shape __/   |    ref Circle?  \.       Circle implements Shape
//                   |    /       |     |
//            ref Circle  |    vec(u8)  |
//                        |_____________|
//                              null
//
// Owned values, and borrowed endpoints and sets, do not go up to Conflict or Unset: an obligation cannot be forgotten, so
// there the meet is an error.
#pragma once

#include "verifier/program.hh"

namespace singlet::verifier {

// <since lab5>
// A register that must not be overwritten or forgotten: an owned value, or a borrowed endpoint or set, whose state the
// lender will go on to believe.
constexpr bool is_pinned(const Type& type) {
    return is_linear(type.kind) &&
           (type.lent == 0 || type.kind == Kind::Endpoint || type.kind == Kind::Set);
}

// Pinned, or what may meet something pinned and stay.
constexpr bool may_be_owed(const Type& type) { return is_pinned(type) || type.kind == Kind::Null; }
// </since>

constexpr bool is_reference(Kind kind) {
    return is_collected(kind) || is_linear(kind) || kind == Kind::Null;
}

// Types but for null and lending.
constexpr bool same_thing(const Type& a, const Type& b) {
    return a.kind == b.kind && a.index == b.index && a.side == b.side && a.state == b.state;
}

// May a value of register type `value` stand where `slot` is declared? U8 and U16 slots take an I32. A lent value fits a lent
// slot, an owned one fits both; what becomes of the owner is the instruction's business.
bool fits(const Program& program, const Type& value, const Type& slot);

struct Meeting {
    Type type;
    bool lost = false; // what must not be forgotten would be
};
Meeting meet(const Program& program, const Type& a, const Type& b);

} // namespace singlet::verifier
