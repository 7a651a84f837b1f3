// The types that a module names and that the verifier gives to registers. A Type is eight bytes and
// compares by value: a module's type table holds no two equal entries, so equal types are equal
// values.
//
// Linear kinds (is_linear) are exchange-heap things. A register with one of them is *owned* -
// exactly one register or field holds it, and it must be given away or freed - unless it is *lent*:
// a borrowed parameter, to be used but not kept.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace singlet::verifier {

enum class Kind : std::uint8_t {
    Void, // no value: the result of a function without one
    U8,
    U16, // storage only: fields and elements; in a register they are I32
    I32,
    I64,
    Null,     // registers only: the constant null
    Str,      // read-only bytes, collected or literal
    Ref,      // object of class (or interface) `index`
    Array,    // array whose element type is type-table entry `index`
    Cell,     // collected cell that holds an owned thing of type-table entry `index`
    Own,      // exchange struct `index`
    Vec,      // exchange vector whose element type is type-table entry `index` (U8, U16, I32, I64)
    Endpoint, // endpoint of contract `index`, on `side`, in `state`
    Any,      // endpoint of unknown contract, in its first state
    Set,      // set of endpoints of type-table entry `index`
    Port,
    Irq,
    Dma,       // I/O capabilities, from the manifest
    Processes, // the capability to install, start and kill programs, from the manifest
    Unset,     // registers only: nothing was ever put here, or it was moved away
    Conflict,  // registers only: different things on different paths
};

enum class Side : std::uint8_t { Importer, Exporter };

inline constexpr std::uint16_t kClosedState =
    0xffff; // after ChannelClosed: the endpoint can only be freed

struct Type {
    Kind kind = Kind::Unset;
    bool nullable = false; // Str, Ref, Array, Cell and the linear kinds
    // Linear kinds: 0 = owned, 1 = lent. An endpoint or set that is lent, in a register: 1 + the
    // parameter's number, so that it is known which one has to be back at the return.
    std::uint8_t lent = 0;
    Side side = Side::Importer; // Endpoint
    std::uint16_t index = 0;
    std::uint16_t state = 0; // Endpoint

    // All eight bytes at once: there is no padding among them.
    friend constexpr bool operator==(const Type& a, const Type& b) {
        return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
    }
};
static_assert(sizeof(Type) == 8 && std::has_unique_object_representations_v<Type>);

constexpr bool is_linear(Kind k) { return k >= Kind::Own && k <= Kind::Set; }
constexpr bool is_collected(Kind k) { return k >= Kind::Str && k <= Kind::Cell; }
constexpr bool is_owned(const Type& t) { return is_linear(t.kind) && t.lent == 0; }

// Every module's type table begins with these, so that kernel-call signatures and manifests need no
// table of their own.
enum BuiltinType : std::uint16_t {
    kVoid,
    kU8,
    kU16,
    kI32,
    kI64,
    kStr,
    kStrOrNull,
    kBytes,
    kBytesOrNull, // Array(U8)
    kVecU8,
    kVecU8OrNull,
    kLentVecU8,
    kPort,
    kIrq,
    kDma,
    kAny,
    kProcesses,
    kFirstOwnType,
};

inline constexpr Type kBuiltinTypes[kFirstOwnType] = {
    {.kind = Kind::Void},
    {.kind = Kind::U8},
    {.kind = Kind::U16},
    {.kind = Kind::I32},
    {.kind = Kind::I64},
    {.kind = Kind::Str},
    {.kind = Kind::Str, .nullable = true},
    {.kind = Kind::Array, .index = kU8},
    {.kind = Kind::Array, .nullable = true, .index = kU8},
    {.kind = Kind::Vec, .index = kU8},
    {.kind = Kind::Vec, .nullable = true, .index = kU8},
    {.kind = Kind::Vec, .lent = 1, .index = kU8},
    {.kind = Kind::Port},
    {.kind = Kind::Irq},
    {.kind = Kind::Dma},
    {.kind = Kind::Any},
    {.kind = Kind::Processes},
};

} // namespace singlet::verifier
