// The pages of SIPs: runs of frames, each with one owner, and a quota of them that was promised to the
// owner when it was created. A SIP gets and gives back runs as it goes on, at both levels; which page
// is whose the kernel knows from records of its own, one for each frame of the SIP zone, so that what
// a CPL-3 SIP calls its memory is checked in a few steps, and all of it is found when the SIP ends.
#pragma once
#include "kern/ipc/page_source.hh"
#include "kern/proc/domain.hh"

namespace singlet::kern {

class SipPages;

struct PageRecord {
    const SipPages* owner = nullptr;
    std::uint32_t count = 0; // of the run that begins here
    ListLink link;           // of that run, among its owner's
};

class SipPages {
public:
    SipPages() = default;
    SipPages(const SipPages&) = delete;
    SipPages& operator=(const SipPages&) = delete;
    ~SipPages();

    /// Promises `quota` pages to whoever lives in `domain`. False: the machine has not so many left.
    [[nodiscard]] bool open(Domain& domain, std::uint32_t quota);
    /// Gives everything back.
    void close();

    /// A run of pages, mapped; 0: above the quota, or no such run is free. At CPL 3 it is zero.
    Word allocate(std::uint32_t count);
    /// Takes back a run that `allocate` gave.
    void free(Word run);

    bool is_run(Word address) const;
    /// Do all bytes belong to these pages?
    bool hold(Word address, std::uint32_t size) const;

    std::uint32_t quota() const { return quota_; }
    std::uint32_t used() const { return used_; }
    std::uint32_t most() const { return most_; }

private:
    void give_back(PageRecord& first);

    List<PageRecord, &PageRecord::link> runs_;
    Domain* domain_ = nullptr;
    std::uint32_t quota_ = 0, used_ = 0, most_ = 0; // pages
};

} // namespace singlet::kern
