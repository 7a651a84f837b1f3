// Protection domains [MSPC 2]: an address space that holds one or more SIPs, at one level. Which SIP
// lives in which domain is policy (policy.hh), no property of the SIP. So is which exchange heap the
// domain uses: the shared one lies in the kernel's memory, which CPL 3 cannot touch.
#pragma once
#include "kern/mem/paging.hh"
#include "kern/proc/domain_heap.hh"
#include "kern/proc/kernel_domain.hh"
#include "kern/proc/level.hh"
#include "lib/core/list.hh"
#include <memory>
#include <optional>
#include <string>

namespace singlet::kern {

class Domain {
public:
    /// With page tables of its own, unless paging is off. No heap is the shared one; another one it joins.
    static Result<std::unique_ptr<Domain>> create(std::string name, Level level, bool paging,
                                                  Ref<DomainHeap> heap);
    ~Domain();

    const std::string& name() const { return name_; }
    Level level() const { return level_; }
    const Ref<DomainHeap>& heap() const { return heap_; }
    std::uint8_t region() const { return heap_ ? heap_->region() : 0; }
    bool has_pages() const { return directory_.has_value(); }

    /// Makes its memory reachable for the processor; CR3 is loaded only when it changes.
    void enter() {
        if (directory_) directory_->activate();
    }
    /// Lets the domain's SIPs, and no level below theirs, at frames of the SIP zone, at their own addresses.
    /// Without paging there is nothing to do.
    Result<void> map(const Frames& frames, Writable writable) {
        return map(frames.start(), frames.count(), writable);
    }
    Result<void> map(PhysAddr start, std::uint32_t count, Writable writable);
    void unmap(const Frames& frames);

    std::uint32_t sips = 0; // that live in it
    ListLink link;

private:
    Domain(std::string name, Level level) : name_(std::move(name)), level_(level) {}
    std::string name_;
    Level level_;
    Ref<DomainHeap> heap_;
    std::optional<PageDirectory> directory_;
};

} // namespace singlet::kern
