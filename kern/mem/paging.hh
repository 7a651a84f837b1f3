// Page tables [SDM3A 4.3], 4 KB pages only. Addresses are identical everywhere, so paging changes
// who may touch what, never where something is.
//
//   31        22 21        12 11         0
//   | directory |   table    |  offset   |
//
// The tables of the kernel zone are built once and shared by all page directories, with global
// entries that survive a change of CR3. Kernel text and constants are read-only, also at CPL 0
// (CR0.WP); page 0 is not mapped. So is the table of the last 4 MB in which the PC has device
// registers. Everything else in a directory is its owner's to map.
#pragma once
#include "kern/mem/frames.hh"

namespace singlet::kern {

inline constexpr std::uint32_t kPageTableSpan = 4u << 20; // what one page table maps

enum class Writable : bool { No, Yes };
enum class User : bool { No, Yes }; // may CPL 3 touch it?

struct Mapping {
    PhysAddr frame;
    Writable writable;
    User user;
};

/// One address space: a protection domain's.
class PageDirectory {
public:
    /// The kernel zone and devices, and nothing else. Error: NoMemory.
    static Result<PageDirectory> create();
    PageDirectory(PageDirectory&&) = default;
    PageDirectory& operator=(PageDirectory&&) = delete;
    /// Frees the page tables; what was mapped belongs to others. Must not be active.
    ~PageDirectory();

    /// Maps one page; one that is mapped gets the new frame and rights. BadAddress: in the kernel
    /// zone or among devices. NoMemory: no frame for a page table; nothing has changed then.
    Result<void> map(VirtAddr page, PhysAddr frame, Writable writable, User user);
    /// Maps `count` frames at their own addresses. An error leaves none of them mapped.
    Result<void> map_identity(PhysAddr start, std::uint32_t count, Writable writable, User user);
    /// Takes pages out again; those not mapped are passed over.
    void unmap(VirtAddr start, std::uint32_t count = 1);
    /// What the page of `address` is mapped to. NotFound: nothing.
    Result<Mapping> lookup(VirtAddr address) const;

    /// Where the directory itself lies: what CR3 is given.
    PhysAddr address() const { return frame_.start(); }

    /// Makes this the address space of the processor; switches paging on if it was off.
    void activate();
    bool active() const;
    bool exists() const { return static_cast<bool>(frame_); } // false: it was moved away

private:
    explicit PageDirectory(Frames frame) : frame_(std::move(frame)) {}
    std::uint32_t* entries() const { return at<std::uint32_t>(frame_.start()); }
    std::uint32_t* entry(VirtAddr page) const;
    void no_longer_holds(VirtAddr page) const;

    Frames frame_;
};

bool paging_enabled();
/// Physical addresses again. No SIP may be at CPL 3.
void disable_paging();
/// Where the kernel writes what running SIPs read at now_page; moves when paging goes on or off.
extern void* writable_now_page;
/// Maps a page of device registers (from kDeviceBase, 4 MB) in all directories: for the kernel alone,
/// and not cached.
void map_device(PhysAddr page);
/// Lets CPL 3 read (and execute) pages of the kernel's image: lib/rt, the Now page.
void share_kernel_pages(PhysAddr start, PhysAddr end);

} // namespace singlet::kern
