// operator new and delete for the whole program, which count while somebody watches.
#include "verifier/bench/heap.hh"

#include <algorithm>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

bool watched = false;
std::size_t in_use = 0, most_in_use = 0, request_count = 0;

void* take(std::size_t bytes) {
    void* block = std::malloc(bytes);
    if (!block) std::abort();
    if (watched) {
        in_use += malloc_usable_size(block);
        most_in_use = std::max(most_in_use, in_use);
        ++request_count;
    }
    return block;
}

void give_back(void* block) {
    if (watched && block) in_use -= malloc_usable_size(block);
    std::free(block);
}

} // namespace

void* operator new(std::size_t bytes) { return take(bytes); }
void* operator new[](std::size_t bytes) { return take(bytes); }
void operator delete(void* block) noexcept { give_back(block); }
void operator delete[](void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }
void operator delete[](void* block, std::size_t) noexcept { give_back(block); }

namespace singlet::verifier {

// Blocks from before may be freed meanwhile: the count begins high enough to allow for that.
HeapWatch::HeapWatch() : before_(std::size_t{1} << 40) {
    in_use = most_in_use = before_;
    request_count = 0;
    watched = true;
}
HeapWatch::~HeapWatch() { watched = false; }
std::size_t HeapWatch::most() const { return most_in_use - before_; }
std::size_t HeapWatch::requests() const { return request_count; }

} // namespace singlet::verifier
