// Replay: the states inside a block, which are cheaper to find again than to keep.
#include <algorithm>

#include "verifier/transfer.hh"

#include "lib/core/assert.hh"

namespace singlet::verifier {

struct Replay::Walk {
    Walk(const Verified& verified, std::size_t function, std::span<Type> registers)
        : program(verified.program()), transfer(program, function, registers, meter) {}
    Program program;
    Meter meter{0}; // only select uses it, and that is a terminator
    Transfer transfer;
};

Replay::Replay(const Verified& verified, std::size_t function)
    : verified_(verified), function_(function),
      registers_(verified.module().functions[function].registers),
      walk_(new Walk(verified, function, registers_)) {}

Replay::~Replay() = default;

void Replay::turn_to(std::size_t function) {
    function_ = function;
    registers_.resize(verified_.module().functions[function].registers);
    walk_->transfer.turn_to(function, registers_);
}

void Replay::enter(std::uint16_t block) {
    pc_ = verified_.module().functions[function_].blocks[block];
    std::ranges::copy(verified_.facts(function_).entry[block], registers_.begin());
}

void Replay::step() {
    ASSERT(walk_->transfer.step(pc_));
    ++pc_;
}

} // namespace singlet::verifier
