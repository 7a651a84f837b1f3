#include "kern/native/address_space.hh"

#include "kern/proc/kernel_domain.hh"
#include "lib/core/assert.hh"
#include <algorithm>
#include <cstring>

namespace singlet::kern {

namespace {

// However much processes grow, this is left for what the kernel itself cannot do without.
constexpr std::uint32_t kKeptFrames = 1024;

std::uint32_t to_page_end(std::uint32_t address) { return kPageSize - address % kPageSize; }

} // namespace

// Each segment has pages of its own, from the one with its first byte to the one with its last; the rest
// of them stays zero. Segments come in rising order, and what follows the last is where grow() goes on.
Result<AddressSpace> AddressSpace::create(const ElfProgram& program) {
    AddressSpace space(TRY(PageDirectory::create()));
    // <lab2:load program>
    for (const ElfSegment& segment : program.segments()) {
        std::uint32_t start = page_down(segment.address);
        std::uint32_t end = page_up(segment.address + segment.bytes);
        space.end_ = start; // pages between segments are nobody's
        TRY(space.add(start, end, Writable(segment.writable)));
        space.copy_out({segment.address, std::uint32_t(segment.contents.size())},
                       segment.contents.data());
    }
    TRY(space.add(kProcessStackBottom, kProcessEnd, Writable::Yes));
    // </lab2:load>
    return space;
}

AddressSpace::~AddressSpace() {
    if (!directory_.exists()) return; // moved away
    if (directory_.active()) enter_kernel_domain();
    remove(kProcessBase, end_);
    remove(kProcessStackBottom, kProcessEnd);
}

// Maps new, zeroed frames at [start, end), each counted in pages_; the program's end_ goes along, but for
// the stack. What an error leaves is removed with the whole.
Result<void> AddressSpace::add(std::uint32_t start, std::uint32_t end, Writable writable) {
    std::uint32_t count = (end - start) / kPageSize;
    if (count > kMostProcessPages - pages_) return std::unexpected(Error::Limit);
    if (zone_info(Zone::Kernel).free < kKeptFrames + count) return std::unexpected(Error::NoMemory);
    // <lab2:load start, end, writable>
    for (std::uint32_t page = start; page < end; page += kPageSize) {
        Frames frame = TRY(Frames::allocate(Zone::Kernel, 1, Zeroed::Yes));
        TRY(directory_.map(VirtAddr(page), frame.start(), writable, User::Yes));
        frame.release();
        pages_++;
        if (end != kProcessEnd) end_ = page + kPageSize;
    }
    // </lab2:load>
    return {};
}

void AddressSpace::remove(std::uint32_t start, std::uint32_t end) {
    for (std::uint32_t page = start; page < end; page += kPageSize) {
        auto mapped = directory_.lookup(VirtAddr(page));
        if (mapped) Frames::adopt(mapped->frame, 1).give_back();
    }
}

Result<std::uint32_t> AddressSpace::grow(std::uint32_t pages) {
    std::uint32_t first = end_;
    if (pages > (kProcessStackBottom - kPageSize - first) / kPageSize)
        return std::unexpected(Error::Limit);
    auto added = add(first, first + pages * kPageSize, Writable::Yes);
    if (added) return first;
    remove(first, end_);
    directory_.unmap(VirtAddr(first), (end_ - first) / kPageSize);
    pages_ -= (end_ - first) / kPageSize;
    end_ = first;
    return std::unexpected(added.error());
}

// The process chose both numbers: a range may begin in the kernel, wrap, or be 4 GB long. It is the
// process's own if it lies in [kProcessBase, kProcessEnd) and each of its pages is mapped for CPL 3, and
// writable where that is asked.
bool AddressSpace::allows(UserRange range, Writable writable) const {
    // <lab2:pointers range, writable>
    auto [address, bytes] = range;
    if (bytes == 0) return true;
    if (address < kProcessBase || address >= kProcessEnd || bytes > kProcessEnd - address)
        return false;
    for (std::uint32_t page = page_down(address); page < address + bytes; page += kPageSize) {
        auto mapped = directory_.lookup(VirtAddr(page));
        if (!mapped || mapped->user == User::No) return false;
        if (writable == Writable::Yes && mapped->writable == Writable::No) return false;
    }
    return true;
    // </lab2:pointers>
}

PhysAddr AddressSpace::physical(std::uint32_t address) const {
    auto mapped = directory_.lookup(VirtAddr(address));
    ASSERT(mapped);
    return mapped->frame + address % kPageSize;
}

void AddressSpace::copy_in(void* to, UserRange from) const {
    auto* target = static_cast<std::uint8_t*>(to);
    while (from.bytes) {
        std::uint32_t piece = std::min(from.bytes, to_page_end(from.address));
        std::memcpy(target, at<void>(physical(from.address)), piece);
        target += piece;
        from = {from.address + piece, from.bytes - piece};
    }
}

void AddressSpace::copy_out(UserRange to, const void* from) const {
    auto* source = static_cast<const std::uint8_t*>(from);
    while (to.bytes) {
        std::uint32_t piece = std::min(to.bytes, to_page_end(to.address));
        std::memcpy(at<void>(physical(to.address)), source, piece);
        source += piece;
        to = {to.address + piece, to.bytes - piece};
    }
}

// Page by page on both sides: what is one range of addresses is frames that lie anywhere.
void copy_between(const AddressSpace& from, std::uint32_t source, const AddressSpace& to,
                  std::uint32_t target, std::uint32_t bytes) {
    // <lab2:message from, source, to, target, bytes>
    while (bytes) {
        std::uint32_t piece = std::min({bytes, to_page_end(source), to_page_end(target)});
        std::memcpy(at<void>(to.physical(target)), at<void>(from.physical(source)), piece);
        source += piece;
        target += piece;
        bytes -= piece;
    }
    // </lab2:message>
}

} // namespace singlet::kern
