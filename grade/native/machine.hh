// A SIP without a kernel: a verified module, compiled and linked at addresses of this process, which has
// to be a 32-bit one, and run on a stack of its own with the run-time of lib/rt. Kernel calls and
// services are small versions of the kernel's (exchange.cc); both ends of every channel are in the one
// program, so a select that nothing satisfies is a deadlock.
#pragma once

#include <csetjmp>
#include <string>
#include <vector>

#include "lib/rt/heap.hh"
#include "verifier/compile.hh"

namespace singlet::native {

struct Outcome {
    enum class What { Exit, Trap, Deadlock, Fault, TimeOut } what = What::Exit;
    std::int32_t status = 0;
    rt::TrapReason reason = rt::TrapReason::None;
    std::uint32_t number = 0;
    std::uint32_t address = 0; // of a trap or fault
};

struct Options {
    verifier::CompileOptions compile;
    bool collect_always = false;
    bool keep_output = true;                // in Machine::console; false: drop it
    std::uint32_t memory_bytes = 64u << 20; // for stack and heap, where the manifest says nothing
    std::vector<std::int32_t> arguments;
};

class Machine {
public:
    Machine(const verifier::Verified& verified, const Options& options);
    ~Machine();
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    // From fresh memory, as often as one likes. At most one machine runs at a time.
    Outcome run(unsigned seconds = 0);

    const verifier::NativeImage& image() const { return image_; }
    std::span<const std::uint8_t> linked_code() const { return {code_, image_.code.size()}; }
    const rt::HeapState& heap() const { return sip_->heap; }
    std::uint32_t code_address() const { return rt::address_of(code_); }
    // "main+12, line 7" for an address in the code.
    std::string where(std::uint32_t address) const;
    std::string console;

    // For the run-time and the services.
    rt::Word give_pages(rt::Word count);
    void take_pages_back(rt::Word run);
    static Machine& current();
    [[noreturn]] void end(Outcome outcome);
    const verifier::Verified& verified() const { return verified_; }
    const Options& options() const { return options_; }

private:
    static constexpr rt::Word kInside = ~rt::Word{0};
    void prepare_memory();

    const verifier::Verified& verified_;
    Options options_;
    verifier::NativeImage image_;
    std::uint8_t* code_ = nullptr; // code, then data, then stack maps and their slots
    std::size_t image_bytes_ = 0;
    rt::Sip* sip_ = nullptr; // control page, thread, first segment, and then its quota
    std::size_t memory_bytes_ = 0;
    std::vector<rt::Word> runs_;    // of the quota's pages
    std::ptrdiff_t first_free_ = 0; // no page before it is free
    sigjmp_buf leave_;
    Outcome outcome_;
};

// exchange.cc
rt::Word service_address(std::uint32_t service);
rt::Word kernel_call_address(std::uint32_t call);
void empty_exchange_heap();

} // namespace singlet::native
