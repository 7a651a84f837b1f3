// What a step takes of the heap: the most that is in use at once beyond what was before, and how often it asks.
#pragma once

#include <cstddef>

namespace singlet::verifier {

class HeapWatch { // one at a time
public:
    HeapWatch();
    ~HeapWatch();
    std::size_t most() const;
    std::size_t requests() const;

private:
    std::size_t before_;
};

} // namespace singlet::verifier
