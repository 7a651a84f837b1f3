// From verified bytecode to x86 (IA-32): the `install` step.
//
// Compiled functions call each other by the compiler's own convention; the run-time and the kernel
// are called with their arguments on the stack (cdecl: first argument lowest, caller pops, result
// in EAX or EDX:EAX, EAX ECX EDX clobbered). The image is position independent only through its
// relocations: link() places it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lib/rt/layout.hh"
#include "verifier/verify.hh"

namespace singlet::verifier {

// Run-time helpers that compiled code calls, at the SIP's own level and on its stack [lib/rt].
enum class Helper : std::uint8_t {
    NewObject, // Word (const TypeDescriptor*); may collect
    NewArray,  // Word (const TypeDescriptor*, i32 length); may collect
    // <since lab5>
    Collect, // void (): before a service is asked again for exchange memory
    // </since>
    MoreStack, // the stack test failed: comes back where there is room [lib/rt/stack.hh]; may collect
    Copy,      // void (to, at, from, at, count): checked
    DivL,      // i64 (i64, i64): the divisor is not 0
    RemL,
    DivUL, // the same, unsigned
    RemUL,
    Trap, // [[noreturn]] (TrapReason, number)
    kCount
};

// <since lab5>
// Kernel services behind opcodes. They are kernel calls without a name to import
// [kern/abi/abi.def]. Those that allocate say 0 where there is no memory, or the quota is used up. Where
// 0 means something else, they say kNoRoom: XSwap and Select, which may have no room for what others pay
// for, and Start.
inline constexpr rt::Word kNoRoom = ~rt::Word{0};
enum class Service : std::uint8_t {
    XNew,  // Word (ExchangeType*): an exchange struct, zeroed
    XVec,  // Word (verifier::Kind of the elements, i32 length): an exchange vector, zeroed
    XSwap, // Word (block, byte offset of the field from +8, new value): the old value
    Free,  // void (block, endpoint or set; not null)
    // </since>
    // <since lab6>
    Channel, // Word (Contract*, Word out[2]): 1; out[0] importer, out[1] exporter
    Send,    // void (endpoint, message, const Word args[]): an I64 is two words, low first
    // Word (const SelectEntry table[], operand count, const Word operands[], Word out[]): the
    // number of the case
    Select,
    Unwrap, // Word (endpoint, Contract*, side): endpoint or 0
    SetNew, // Word ()
    SetAdd, // void (set, endpoint)
    Start, // Word (thunk, count, const Word words[]): a thread begins there with these words: 1; 0 if there are kThreads
    // </since>
    // <since lab5>
    kCount
};
// </since>

struct Relocation {
    enum class What : std::uint8_t {
        Code,       // value = offset in code
        Data,       // value = offset in data
        Helper,     // value = Helper
        KernelCall, // value = index in Environment::kernel_calls
        Now,        // value = byte offset in rt::Now
        // <since lab5>
        Service,      // value = Service
        ExchangeType, // value = struct index; the kernel's ExchangeType*
        // </since>
        // <since lab6>
        Contract, // value = contract index; the kernel's Contract*
        // </since>
    };
    enum class Where : std::uint8_t { Code, Data };
    std::uint32_t offset; // of the 32-bit field
    Where where;
    What what;
    bool relative;       // to the end of the field (call, jmp) or absolute
    std::uint32_t value; // the field holds an addend already, a relative one as well
};

struct NativeFunction {
    std::uint32_t begin, end; // offsets in code
    std::uint32_t cold;       // begin of its cold part (traps), if it lies inside [begin, end)
    // For whoever follows return addresses. The prologue tests the stack up to `saves`, pushes the
    // registers of `saved_mask` (as in rt::StackMap) and has made the frame at `body`; then there are
    // frame_words words from ESP up to the return address.
    std::uint32_t saves, body;
    std::uint16_t frame_words;
    std::uint8_t saved_mask;
};

struct NativeLine {
    std::uint32_t offset; // in code, ascending
    std::uint32_t line;
};

struct NativeImage {
    std::vector<std::uint8_t> code;
    std::vector<std::uint8_t> data; // read-only: type descriptors, literals, select tables
    std::vector<Relocation> relocations;
    std::vector<NativeFunction> functions; // as Module::functions
    std::vector<rt::StackMap> maps;
    std::vector<std::uint16_t> map_slots;
    std::vector<NativeLine> lines;
    std::uint32_t lowered_again =
        0; // functions that ran short of registers when they were lowered first
    // Offset in code of a thunk: it takes the entry's parameters as words from the stack as cdecl
    // does (an I64 is two words), calls the entry and returns when that does.
    std::uint32_t start = 0;
    // <since lab6>
    // Somewhere: then each call in which a thread may wait has a map, and has to leave the registers where
    // the collector finds them [lib/rt/heap.hh CallerState].
    bool starts_threads = false;
    // </since>
};

struct CompileOptions {
    bool checks = true; // false: no null, bounds and cast checks (the paper's first bar). Division
                        // and stack room stay.
};

// Never fails: what could go wrong was refused by verify().
NativeImage compile(const Verified& verified, const CompileOptions& options);

// <since lab6>
// A select table as compiled code passes it to the kernel: cases one after the other, each a header
// and its patterns.
struct SelectEntry {
    std::uint16_t message_or_count; // header: number of patterns (0xfffd ends the table); pattern:
                                    // message, kClosed or kMember
    std::uint8_t operand;           // pattern: operand number
    std::uint8_t out;               // pattern: first word in `out` for the arguments or the member
};
static_assert(sizeof(SelectEntry) == 4);
inline constexpr std::uint16_t kSelectEnd = 0xfffd;
// </since>

// Puts the image's relocations into place. `resolve` says the address of everything that is not in
// the image; code and data are copies that will be run at the given addresses.
void link(const NativeImage& image, std::span<std::uint8_t> code, rt::Word code_address,
          std::span<std::uint8_t> data, rt::Word data_address,
          const std::function<rt::Word(Relocation::What, std::uint32_t)>& resolve);

} // namespace singlet::verifier
