// The verifier's face. A Verified can only be made by verify(); the compiler and the interpreter
// take nothing else, so nothing unproved can run.
#pragma once

#include <bitset>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lib/core/try.hh"
#include "verifier/bounded_module.hh"
#include "verifier/limits.hh"
#include "verifier/register_set.hh"
#include "verifier/subtypes.hh"

namespace singlet::verifier {

// The kernel's side of a kernel call, from kern/abi/abi.def.
struct KernelCall {
    std::string_view name;
    std::span<const BuiltinType> params;
    BuiltinType result;
};

struct Environment {
    std::span<const KernelCall> kernel_calls;
};

// Types of all registers of a function at one point.
using Registers = std::vector<Type>;

// The types of all registers at the beginning of each block of a function, in one piece.
class BlockStates {
public:
    BlockStates() = default;
    BlockStates(std::size_t blocks, std::size_t registers)
        : registers_(registers), types_(blocks * registers) {}

    std::span<Type> operator[](std::size_t block) {
        return {&types_[block * registers_], registers_};
    }
    std::span<const Type> operator[](std::size_t block) const {
        return {&types_[block * registers_], registers_};
    }

private:
    std::size_t registers_ = 0; // at least one: check_bounds
    std::vector<Type> types_;
};

struct FunctionFacts {
    BlockStates entry;                // per block, per register
    std::vector<RegisterSet> live_in; // per block: the registers that may still be read
    std::vector<std::uint16_t> order; // all blocks in reverse post-order
};

// <since lab6>
struct ContractFacts {
    std::uint16_t bound_to_exporter = 0; // most messages that can wait in the exporter's queue
    std::uint16_t bound_to_importer = 0;
    // States in which the importer, the exporter can only send, while nothing waits for it and nothing will.
    std::bitset<limits::kStates> hand_over[2] = {};
};
// </since>

struct Program; // program.hh
class Observer; // observer.hh

class Verified {
public:
    const Module& module() const { return module_; }
    const FunctionFacts& facts(std::size_t function) const { return functions_[function]; }
    // <since lab6>
    const ContractFacts& contract(std::size_t contract) const { return contracts_[contract]; }
    // </since>
    // The kernel call that import `i` means: an index in Environment::kernel_calls.
    std::uint16_t kernel_call(std::size_t i) const { return kernel_calls_[i]; }
    const KernelCall& kernel_signature(std::size_t i) const {
        return environment_.kernel_calls[kernel_calls_[i]];
    }
    const Subtypes& subtypes() const { return subtypes_; }
    // What the passes over functions have counted: edges gone along, registers looked at, cases tried.
    std::uint64_t work() const { return work_; }
    Program program() const; // the parts that the passes look things up in; refers to this

private:
    friend Checked<Verified> verify(BoundedModule module, const Environment& environment,
                                    Observer* observer);
    Verified() = default;

    Module module_;
    std::vector<FunctionFacts> functions_;
    // <since lab6>
    std::vector<ContractFacts> contracts_;
    // </since>
    std::vector<std::uint16_t> kernel_calls_;
    Environment environment_; // what it points to outlives this
    Subtypes subtypes_;
    std::uint64_t work_ = 0;
};

// Proves the module harmless, or says why it could not. Work is bounded by limits.hh whatever the
// input. An observer, if there is one, is shown how each function's types are found.
Checked<Verified> verify(BoundedModule module, const Environment& environment,
                         Observer* observer = nullptr);
// The same of any module.
inline Checked<Verified> verify(Module module, const Environment& environment,
                                Observer* observer = nullptr) {
    return verify(TRY(BoundedModule::create(std::move(module))), environment, observer);
}

// Walks a verified block again, instruction by instruction, to know the types before each (the
// compiler's null checks and stack maps, `sipv explain`, the interpreter's assertions).
class Replay {
public:
    Replay(const Verified& verified, std::size_t function);
    ~Replay();
    void turn_to(std::size_t function); // begins another one, in the store of the one before
    void enter(std::uint16_t block);    // registers() are those at its entry
    const Registers& registers() const { return registers_; }
    void step(); // past the next instruction, which is not a terminator
private:
    struct Walk; // replay.cc
    const Verified& verified_;
    std::size_t function_;
    std::uint32_t pc_ = 0;
    Registers registers_;
    std::unique_ptr<Walk> walk_;
};

} // namespace singlet::verifier
