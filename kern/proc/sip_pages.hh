// The pages of SIPs: runs of frames, each with one owner, and a quota of them that was promised to the
// owner when it was created. A SIP gets and gives back runs as it goes on, at both levels; which page
// is whose the kernel knows from records of its own, one for each frame of the SIP zone, so that all
// of a SIP's memory is found when it ends, and what a CPL-3 SIP calls its own is checked in a few steps.
#pragma once
#include "kern/abi/word.hh"
#include "kern/mem/frames.hh"
// <since lab7>
#include "kern/proc/domain.hh"
// </since>
#include "lib/core/list.hh"

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

    /// Promises `quota` pages. False: the machine has not so many left.
    [[nodiscard]] bool open(std::uint32_t quota);
    // <since lab7>
    /// All pages lie in this domain; to be said before there are any.
    void live_in(Domain& domain) { domain_ = &domain; }
    // </since>
    /// Gives everything back.
    void close();

    /// A run of pages that the SIP can reach; 0: above the quota, or no such run is free.
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
    // These frames are the owner's from now on; the address of the run.
    Word own(Frames frames);
    // The run's frames, which are nobody's any more.
    Frames disown(PageRecord& first);
    // <since lab7>
    // At CPL 3 they are zero.
    bool map(Frames& frames);
    // </since>

    List<PageRecord, &PageRecord::link> runs_;
    // <since lab7>
    Domain* domain_ = nullptr;
    // </since>
    std::uint32_t quota_ = 0, used_ = 0, most_ = 0; // pages
};

} // namespace singlet::kern
