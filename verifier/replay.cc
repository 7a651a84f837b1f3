// Replay: the states inside a block, which are cheaper to find again than to keep.
#include "verifier/transfer.hh"

#include "lib/core/assert.hh"

namespace singlet::verifier {

Replay::Replay(const Verified& verified, std::size_t function)
    : verified_(verified), function_(function) {}

void Replay::enter(std::uint16_t block) {
    pc_ = verified_.module().functions[function_].blocks[block];
    const std::span<const Type> entry = verified_.facts(function_).entry[block];
    registers_.assign(entry.begin(), entry.end());
}

void Replay::step() {
    Meter meter(0); // only select uses it, and that is a terminator
    const Program program = verified_.program();
    ASSERT(Transfer(program, function_, registers_, meter).step(pc_));
    ++pc_;
}

} // namespace singlet::verifier
