// How things lie in memory at run time: what the compiler emits, the run-time and the kernel walk.
// 32-bit, little-endian.
//
// Collected objects and exchange blocks have the same shape, so that compiled code reads both the
// same way:
//
//   +0  descriptor   collected: const TypeDescriptor*
//                    exchange: the block's cell, which is the kernel's [kern/ipc/owned.hh]
//   +4  length       elements of an array, string or vector; 0 otherwise
//   +8  data         fields or elements; a reference points at +0
//
// Fields lie in order of declaration, each aligned to its size, U8 1, U16 2, all else 4 (I64 too: 8
// bytes aligned to 4).
#pragma once

#include <cstddef>
#include <cstdint>

namespace singlet::rt {

inline constexpr std::uint32_t kDataOffset = 8;

// An address or value of the 32-bit machine that runs SIPs, also on a 64-bit host.
using Word = std::uint32_t;

enum class DescriptorKind : std::uint8_t { Object, Scalars, References, Cell, String };

// In the sealed, read-only data of an image, one for each class and array type in use. A variable
// number of words follow the fixed part: `method_count` code addresses (0 = not implemented),
// indexed by Module::methods, then `reference_count` offsets of reference fields (from +8). Methods
// come first, so an interface call is one load and one indirect call.
struct TypeDescriptor {
    DescriptorKind kind;
    std::uint8_t element_size;     // Scalars, String: 1, 2, 4 or 8; References: 4
    std::uint16_t class_index;     // Object: entry of Module::classes
    Word instance_size;            // Object, Cell: bytes with the header; arrays: header only
    std::uint16_t reference_count; // Object: fields that hold references
    std::uint16_t method_count;
    // Word methods[method_count]; Word reference_offsets[reference_count];
};
static_assert(sizeof(TypeDescriptor) == 12);

// Where the collector finds references when a call is in progress: keyed by the return address. A
// frame is, with addresses growing to the right,
//
//   | outgoing  | slots and | saved     | return  | incoming
//   | arguments | spills    | registers | address | arguments
//   ^ esp                               |
//   |<------------ frame_size --------->|
//
// frame_size counts from the esp that held at the call instruction (before the return address is
// pushed) up to this function's own return address. Slots are word offsets from that esp.
struct StackMap {
    Word return_address;      // offset in the image's code; ascending
    std::uint16_t frame_size; // in words
    std::uint16_t slot_count;
    Word first_slot; // index in the image's slot table (std::uint16_t each)
    // Callee-saved registers, bit 0 EBX, 1 ESI, 2 EDI, 3 EBP: those this function has saved, which
    // lie just below its return address, EBX highest ...
    std::uint8_t saved_mask;
    std::uint8_t register_mask; // ... and those that hold references across this call
    // Where a function asks for stack before it has a frame: registers with an argument that is a
    // reference, bit 0 EAX, 1 EDX, 2 ECX.
    std::uint8_t argument_mask;
    std::uint8_t reserved;
};
static_assert(sizeof(StackMap) == 16);

// What a SIP's code reads at a fixed address (`now_page`): the kernel writes it when it switches
// threads. Read-only at CPL 3.
struct Now {
    // A prologue that would go below this asks for another stack segment [lib/rt/stack.hh];
    // kStackReserve lies below it.
    Word stack_limit;
    Word sip;    // the running SIP's SipControl, in the SIP's own memory
    Word thread; // the running thread's rt::Thread, in the SIP's own memory
};

// A range of I/O ports as a word: compiled code checks against it and uses it without touching memory.
constexpr Word port_range(std::uint16_t first, std::uint16_t count) {
    return first | Word{count} << 16;
}

// Room under a segment's limit, in bytes. From the limit down: a frame that is too small for a test
// of its own, a leaf with another such frame or a helper, and what an interrupt pushes at CPL 0 before
// it changes to the kernel's stack (52 bytes). The run-time's larger parts have a stack of their own.
inline constexpr Word kStackReserve = 384;

// <since lab6>
inline constexpr Word kMostThreads = 16; // of a SIP, at a time: limits::kThreads
// </since>

// Why a SIP was killed by its own code.
enum class TrapReason : std::uint8_t {
    None,
    NullReference,
    OutOfBounds,
    DivideByZero,
    StackOverflow,
    OutOfMemory,
    BadCast,
    BadCell,
    BadLength,
    OutOfRange /* port */,
    Explicit,
    ProcessorFault /* the hardware found it */,
    Killed
};

} // namespace singlet::rt
