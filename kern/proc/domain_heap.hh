// An exchange heap besides the shared one: a region of its own, in frames that are mapped in the domains
// which use it and in no other. What goes from one region to another is copied [kern/ipc/copy.cc]; within
// one, only owners change.
#pragma once
#include "kern/ipc/exchange_heap.hh"
#include "kern/mem/frames.hh"
#include "lib/core/ref.hh"
#include <memory>
#include <string>
#include <vector>

namespace singlet::kern {

class Domain;

class DomainHeap final : public Counted, private PageSource {
public:
    /// Error: Limit, there are as many regions as there can be.
    static Result<Ref<DomainHeap>> create(std::string name);
    ~DomainHeap();

    const std::string& name() const { return name_; }
    std::uint8_t region() const { return region_; }

    /// The domain uses it from now on: sees what is there and what comes. Error: NoMemory.
    Result<void> join(Domain& domain);
    void leave(Domain& domain);

private:
    explicit DomainHeap(std::string name) : name_(std::move(name)) {}
    // Maps in the domain each page that the region has now.
    Result<void> map_all(Domain& domain) const;
    // Frames one behind the other, mapped in each domain that uses the heap, or in none. 0: no memory.
    Word allocate(std::uint32_t pages) override;
    // Takes them out of each domain, and gives them back.
    void free(Word address, std::uint32_t pages) override;

    std::string name_;
    std::uint8_t region_ = 0;
    std::vector<Domain*> domains_;
};

} // namespace singlet::kern
