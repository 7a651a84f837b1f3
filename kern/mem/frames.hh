// Physical memory in frames of 4 KB, from two zones: the kernel's own (low half of RAM) and that of
// the SIPs (high half). A zone is a bitmap, one bit a free frame. Single frames come from the low
// end, runs from the high end, so that small things do not break up the room for large ones.
//
// Frames can be promised before they are needed: nobody else gets them then. As many single frames as
// were promised are always there; a run of several may not be.
//
// Whoever holds a Frames object owns those frames; when it dies, they are free again.
#pragma once
#include "kern/error.hh"
#include "kern/mem/address.hh"
#include "kern/mem/layout.hh"
#include <array>
#include <bit>
#include <utility>

namespace singlet::kern {

enum class Zone : std::uint8_t { Kernel, Sip };
enum class Zeroed : bool { No, Yes };
enum class Promised : bool { No, Yes };

/// One frame, or several that lie one behind the other.
class [[nodiscard]] Frames {
public:
    Frames() = default; // none
    Frames(Frames&& other) : start_(other.start_), count_(std::exchange(other.count_, 0)) {}
    Frames& operator=(Frames&& other) {
        Frames old(std::move(*this));
        start_ = other.start_;
        count_ = std::exchange(other.count_, 0);
        return *this;
    }
    ~Frames() { give_back(); }

    /// `count` frames, the first at a multiple of `alignment` frames (a power of two).
    /// NoMemory: no such run is free, though single frames may be. With Promised::Yes they are taken
    /// from what was promised.
    static Result<Frames> allocate(Zone zone, std::uint32_t count, Zeroed zeroed,
                                   std::uint32_t alignment = 1, Promised promised = Promised::No);

    PhysAddr start() const { return start_; }
    PhysAddr end() const { return start_ + size(); }
    std::uint32_t count() const { return count_; }
    std::uint32_t size() const { return count_ * kPageSize; } // bytes
    explicit operator bool() const { return count_ != 0; }

    void give_back();
    /// Gives up ownership without freeing: for what is kept in page tables or in hardware.
    PhysAddr release() {
        count_ = 0;
        return start_;
    }
    /// Takes ownership back of what was released.
    static Frames adopt(PhysAddr start, std::uint32_t count) { return Frames(start, count); }

private:
    Frames(PhysAddr start, std::uint32_t count) : start_(start), count_(count) {}

    PhysAddr start_;
    std::uint32_t count_ = 0;
};

struct ZoneInfo {
    PhysAddr start, end;
    std::uint32_t frames = 0; // that can ever be handed out
    std::uint32_t free = 0;
    std::uint32_t promised = 0; // of the free ones
};
ZoneInfo zone_info(Zone zone);

/// Promises `count` frames more. False: so many are not there that are free and not promised.
[[nodiscard]] bool promise_frames(Zone zone, std::uint32_t count);
/// They are not needed after all.
void drop_promise(Zone zone, std::uint32_t count);
/// Promised frames that were allocated have come back, and are promised again.
void renew_promise(Zone zone, std::uint32_t count);

/// How broken up the free memory of a zone is. A run of more than `largest_run` frames cannot be had,
/// however many are free.
struct Fragmentation {
    std::uint32_t free = 0;        // frames
    std::uint32_t runs = 0;        // of free frames, each between two in use
    std::uint32_t largest_run = 0; // frames
    // How many runs have 2^n frames or more, and fewer than 2^(n+1).
    std::array<std::uint32_t, std::bit_width(kMaximumRam / kPageSize)> by_length{};
};
Fragmentation fragmentation(Zone zone);

} // namespace singlet::kern
