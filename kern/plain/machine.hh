// The plain machine: runs a module one instruction after the other, at CPL 0, as if a compiler had made of each the machine code
// that comes to mind first. A register is a word, a reference is an address, and nobody knows any more what a word means. What the
// verifier leaves to run time is checked - array bounds, null, division, room on the stack and the heap - and nothing else: a
// module that should have been refused does here what it would do as machine code.
//
//   image   | code of all functions, one behind the other | literals |        high addresses: | its record |
//   stack, growing down:  ... | callee's registers | way back | caller's registers | way back |
//
// For programs of integers of 32 bits, classes, arrays, strings, calls, and what prints.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/rt/layout.hh"
#include "verifier/verify.hh"

namespace singlet::kern::plain {

using rt::Word;

// What the kernel keeps of the program that runs. It lies above the stack, as in many a kernel.
struct Record {
    char mark[4]; // "TASK"
    char name[12];
    char secret[16]; // nobody's business
};

struct Outcome {
    std::string_view trap; // why it was ended; empty: it ended by itself
    Word status = 0;
};

class Machine {
public:
    static constexpr std::size_t kStackWords = 4096;
    static constexpr Word kHeapBytes = 256u << 10;

    // The mnemonic of an instruction that this machine does not know; empty if it knows all of them.
    static std::string_view unknown(const verifier::Module& module);

    Machine(const verifier::Module& module, std::string_view name);
    Outcome run();
    const Record& record() const;

private:
    using Instruction = verifier::Instruction;
    using Function = verifier::Function;

    // The way back: words that lie above a frame's registers.
    enum : std::size_t { kCaller, kReturnTo, kCallersFrame, kResult, kWayBack };

    void lay_out();
    void trap(std::string_view why) { ended_ = true, outcome_ = {why}; }
    void enter(const Function& f, const Word* arguments, std::uint8_t result);
    void leave(Word value);
    void go(std::size_t block) { pc_ = code_of(*function_) + function_->blocks[block]; }
    const Instruction* code_of(const Function& f) const;
    void step(const Instruction& i);
    void integers(const Instruction& i);
    void objects(const Instruction& i);
    void control(const Instruction& i);
    void kernel_call(std::string_view name, const Word* arguments, Word& result);
    void print(Word bytes, Word at, Word count);

    Word& r(std::size_t n) { return frame_[n]; }
    Word allocate(Word type, Word length, Word bytes);
    bool here(Word reference) { return reference != 0 || (trap("NullReference"), false); }
    // The address of element `index`, of `width` bytes, of the array; 0 after a trap.
    Word element(Word array, Word index, Word width);

    const verifier::Module& module_;
    std::vector<Word> image_;
    std::vector<Word> code_at_, literal_at_; // of functions, of strings: addresses
    std::vector<Word> heap_;
    std::size_t heap_used_ = 0;
    const Function* function_ = nullptr;
    const Instruction* pc_ = nullptr;
    Word* frame_ = nullptr; // the running function's registers
    bool ended_ = false;
    Outcome outcome_;
};

} // namespace singlet::kern::plain
