// The two heaps of an interpreted SIP. Collected objects are kept by what the stack reaches (mark and sweep); exchange things
// live until they are released, also by the collector with the cell that held one; their memory is used again under a new
// generation.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "verifier/interpret_values.hh"

namespace singlet::verifier {

using Roots = std::span<
    const std::span<const Value>>; // all values of the threads' stacks, the running thread's first

class Heap {
public:
    Heap(std::uint64_t memory_bytes, std::uint64_t exchange_bytes)
        : memory_limit_(memory_bytes), exchange_limit_(exchange_bytes) {}

    // A new object for which `bytes` must be left, or null: out of memory.
    Object* object(Kind kind, std::uint16_t index, std::uint64_t bytes, Roots roots);
    // An object that stays: a literal.
    Object* permanent(Kind kind, std::uint16_t index);
    // A new thing, or null: out of exchange memory, also without what cells held that nobody reaches.
    Thing* thing(Kind kind, std::uint16_t index, std::uint64_t bytes, Roots roots);

    // Gives up a thing and all that hangs on it; endpoints are closed.
    void release(Thing* thing);

    // "" if each living thing is held by exactly one register, field, cell, queue or set; else what is wrong. Notes in each
    // thing which register of the running thread that is.
    std::string account(Roots registers);
    // How many values account() looks at, but for registers.
    std::size_t size() const { return objects_.size() + things_.size(); }

private:
    void collect(Roots roots);

    std::vector<std::unique_ptr<Object>> objects_, permanent_;
    std::vector<std::unique_ptr<Thing>> things_;
    std::vector<Thing*> unused_;
    std::uint64_t memory_limit_, exchange_limit_, memory_used_ = 0, exchange_used_ = 0;
    std::uint64_t next_collection_ = 1 << 20;
};

} // namespace singlet::verifier
