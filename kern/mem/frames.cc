#include "kern/mem/frames.hh"

#include "kern/boot/init.hh"
#include "kern/boot/multiboot.hh"
#include "kern/cpu/exit.hh"
#include "kern/mem/paging.hh"
#include "lib/core/assert.hh"
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace singlet::kern {

namespace {

constexpr std::uint32_t kMinimumRam = 240u << 20; // a 256 MB machine less what its BIOS keeps
constexpr std::uint32_t kBits = 32;

// One bit a frame of all memory, set while it is free. Both zones share it: the border between them is
// at a multiple of 4 MB, so no word belongs to both.
constinit std::array<std::uint32_t, kMaximumRam / kPageSize / kBits> free_bits{};

class FrameZone {
public:
    void set_range(std::uint32_t first, std::uint32_t end) {
        first_ = first, end_ = end;
        lowest_ = first / kBits;
    }
    ZoneInfo info() const {
        return {PhysAddr(first_ * kPageSize), PhysAddr(end_ * kPageSize), total_, free_, promised_};
    }
    Fragmentation fragmentation() const {
        Fragmentation result{.free = free_};
        for (std::uint32_t frame = first_; frame < end_;) {
            const std::uint32_t start = frame;
            while (frame < end_ && is_free(frame))
                frame++;
            if (const std::uint32_t run = frame - start) {
                result.runs++;
                result.largest_run = std::max(result.largest_run, run);
                result.by_length[unsigned(std::bit_width(run)) - 1]++;
            }
            frame++; // it is in use
        }
        return result;
    }

    bool has_unpromised(std::uint32_t count) const { return count <= free_ - promised_; }
    void promise(std::uint32_t count) {
        promised_ += count;
        ASSERT(promised_ <= free_);
    }
    void drop_promise(std::uint32_t count) {
        ASSERT(count <= promised_);
        promised_ -= count;
    }

    // Sets the free bit of what can be handed out; called only while booting.
    void add(std::uint32_t frame) {
        put(frame);
        free_++, total_++;
    }
    void reserve(std::uint32_t frame) {
        if (!is_free(frame)) return;
        take(frame, 1);
        total_--;
    }

    // The lowest free frame, from now on in use. Frame numbers; 0 for none, as frame 0 is never
    // handed out. Quick whatever is in use: a call looks at few words, not at all of the zone's.
    std::uint32_t allocate_one() {
        // <lab1:frames>
        if (free_ == 0) return 0;
        // No word below lowest_ has a free frame, so this loop does each word once, not each call.
        while (free_bits[lowest_] == 0)
            lowest_++;
        std::uint32_t frame = lowest_ * kBits + unsigned(std::countr_zero(free_bits[lowest_]));
        free_bits[lowest_] &= free_bits[lowest_] - 1;
        free_--;
        return frame;
        // </lab1:frames>
    }

    // `count` frames behind each other, the first at a multiple of `alignment`; 0 if there is no
    // such run. The highest that fits. A candidate that meets a frame in use goes on below it and
    // all that are in use next to it: SIPs lie at the top, and an exchange heap asks often.
    std::uint32_t allocate_run(std::uint32_t count, std::uint32_t alignment) {
        // <lab1:runs count, alignment>
        if (count > free_) return 0;
        for (std::uint32_t top = end_; top >= first_ + count;) {
            std::uint32_t start = (top - count) & ~(alignment - 1);
            if (start < first_) return 0;
            std::uint32_t used = last(State::Used, start, start + count);
            if (used == 0) {
                take(start, count);
                return start;
            }
            top = last(State::Free, first_, used) + 1;
        }
        return 0;
        // </lab1:runs>
    }

    // Frames that are in use are free again. Anything else is a bug: one of another zone, or one
    // that is free already.
    void free(std::uint32_t frame, std::uint32_t count) {
        // <lab1:frames frame, count>
        for (std::uint32_t i = frame; i < frame + count; i++) {
            ASSERT(i >= first_ && i < end_ && !is_free(i));
            put(i);
        }
        free_ += count;
        lowest_ = std::min(lowest_, frame / kBits);
        // </lab1:frames>
    }

private:
    static bool is_free(std::uint32_t frame) {
        return free_bits[frame / kBits] >> frame % kBits & 1;
    }

    static void put(std::uint32_t frame) { free_bits[frame / kBits] |= 1u << frame % kBits; }

    void take(std::uint32_t frame, std::uint32_t count) {
        for (std::uint32_t i = frame; i < frame + count; i++)
            free_bits[i / kBits] &= ~(1u << i % kBits);
        free_ -= count;
    }

    enum class State : bool { Used, Free };

    // The highest frame of [start, end) in that state, or 0. Whole words at a time where it can.
    static std::uint32_t last(State state, std::uint32_t start, std::uint32_t end) {
        std::uint32_t flip = state == State::Free ? 0 : ~0u;
        for (std::uint32_t frame = end; frame > start;) {
            std::uint32_t word = free_bits[(frame - 1) / kBits] ^ flip;
            std::uint32_t wanted = word << (kBits - 1 - (frame - 1) % kBits); // frame-1 on top
            if (wanted != 0) {
                std::uint32_t found = frame - 1 - unsigned(std::countl_zero(wanted));
                return found >= start ? found : 0;
            }
            frame = (frame - 1) & ~(kBits - 1);
        }
        return 0;
    }

    std::uint32_t first_ = 0, end_ = 0; // frame numbers
    std::uint32_t total_ = 0, free_ = 0, promised_ = 0;
    std::uint32_t lowest_ = 0; // word index: none below has a free frame
};

constinit std::array<FrameZone, 2> zones{};
constinit std::uint32_t kernel_zone_end = 0, ram_end = 0; // bytes

FrameZone& zone_at(std::uint32_t frame) {
    return zones[frame * kPageSize < kernel_zone_end ? 0 : 1];
}

void reserve_modules() {
    for (const BootModule& module : boot_info().modules) {
        std::uint32_t end = page_up(module.start.raw() + module.size);
        if (end > kernel_zone_end) fail("boot module {} lies too high in memory", module.name);
        for (std::uint32_t at = page_down(module.start.raw()); at < end; at += kPageSize)
            zones[0].reserve(at / kPageSize);
    }
}

void start_frames() {
    for (const MemoryRange& range : boot_info().ram)
        ram_end = std::max(ram_end, range.end.raw());
    if (ram_end < kMinimumRam)
        fail("256 MB of memory are needed, this machine has {} MB", (ram_end + 0xfffff) >> 20);
    kernel_zone_end = (ram_end / 2 + kPageTableSpan - 1) & ~(kPageTableSpan - 1);
    zones[0].set_range(kKernelBase / kPageSize, kernel_zone_end / kPageSize);
    zones[1].set_range(kernel_zone_end / kPageSize, ram_end / kPageSize);
    std::uint32_t first = page_up(address_of(__kernel_end));
    for (const MemoryRange& range : boot_info().ram) {
        std::uint32_t start = std::max(page_up(range.start.raw()), first);
        for (std::uint32_t at = start; at + kPageSize <= range.end.raw(); at += kPageSize)
            zone_at(at / kPageSize).add(at / kPageSize);
    }
    reserve_modules();
}
INIT(300, start_frames);

} // namespace

Result<Frames> Frames::allocate(Zone zone, std::uint32_t count, Zeroed zeroed,
                                std::uint32_t alignment, Promised promised) {
    ASSERT(std::has_single_bit(alignment));
    if (count == 0) return std::unexpected(Error::BadArgument);
    FrameZone& from = zones[static_cast<unsigned>(zone)];
    if (promised == Promised::No && !from.has_unpromised(count))
        return std::unexpected(Error::NoMemory);
    std::uint32_t frame =
        count == 1 && alignment == 1 ? from.allocate_one() : from.allocate_run(count, alignment);
    if (frame == 0) return std::unexpected(Error::NoMemory);
    if (promised == Promised::Yes) from.drop_promise(count);
    Frames frames(PhysAddr(frame * kPageSize), count);
    if (zeroed == Zeroed::Yes) std::memset(at<void>(frames.start()), 0, frames.size());
    return frames;
}

void Frames::give_back() {
    if (count_ == 0) return;
    std::uint32_t frame = start_.raw() / kPageSize;
    zone_at(frame).free(frame, std::exchange(count_, 0));
}

ZoneInfo zone_info(Zone zone) { return zones[static_cast<unsigned>(zone)].info(); }

bool promise_frames(Zone zone, std::uint32_t count) {
    FrameZone& of = zones[static_cast<unsigned>(zone)];
    if (!of.has_unpromised(count)) return false;
    of.promise(count);
    return true;
}
void drop_promise(Zone zone, std::uint32_t count) {
    zones[static_cast<unsigned>(zone)].drop_promise(count);
}
void renew_promise(Zone zone, std::uint32_t count) {
    zones[static_cast<unsigned>(zone)].promise(count);
}

Fragmentation fragmentation(Zone zone) {
    return zones[static_cast<unsigned>(zone)].fragmentation();
}

std::uint32_t readable_end() {
    if (ram_end == 0) return address_of(__kernel_end); // what is surely there so early
    return paging_enabled() ? kernel_zone_end : ram_end;
}

} // namespace singlet::kern
