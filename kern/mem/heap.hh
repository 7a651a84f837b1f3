// The kernel heap, behind operator new. Small blocks come from slabs: a frame cut into blocks of
// one size class, with a free list through the free blocks. Larger ones get a run of frames. Both
// kinds begin with a header at the start of a frame, so a block's frame tells how to free it. An
// empty slab goes back to the frames at once, except the last of its class. All of it runs with
// interrupts off, so that also preemptible work of the kernel's [install/installer.hh] may use it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace singlet::kern::heap {

/// Memory for `size` bytes, aligned to 16, or null when there is none.
[[nodiscard]] void* allocate(std::size_t size);
/// Gives a block back; null is fine.
void free(void* block);

struct Counts {
    std::uint32_t blocks = 0;      // allocated and not freed
    std::uint32_t frames = 0;      // that the heap holds
    std::uint32_t most_frames = 0; // that it has held since watch_most()
};
Counts counts();
void watch_most();

/// Is there room for blocks of `bytes` in all, in one piece?
bool has_room(std::uint64_t bytes);

/// While it lives, exchange memory leaves `bytes` to the heap: for work that others interrupt.
class Promise {
public:
    explicit Promise(std::uint64_t bytes);
    ~Promise();
    Promise(const Promise&) = delete;
    Promise& operator=(const Promise&) = delete;

private:
    std::uint32_t frames_;
};
std::uint32_t promised_frames();

} // namespace singlet::kern::heap
