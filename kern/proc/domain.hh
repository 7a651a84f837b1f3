// Protection domains [MSPC 2]: an address space that holds one or more SIPs, at one level. Which SIP
// lives in which domain is policy (policy.hh), no property of the SIP. Domains at CPL 0 share the
// kernel's exchange heap; one at CPL 3 has its own, in frames that are mapped in it only.
#pragma once
#include "kern/ipc/exchange_heap.hh"
#include "kern/mem/paging.hh"
#include "lib/core/list.hh"
#include <memory>
#include <optional>
#include <string>

namespace singlet::kern {

enum class Level : std::uint8_t { Kernel = 0, User = 3 };

class Domain final : private PageSource {
public:
    /// With page tables of its own, unless paging is off.
    static Result<std::unique_ptr<Domain>> create(std::string name, Level level, bool paging);
    ~Domain();

    const std::string& name() const { return name_; }
    Level level() const { return level_; }
    std::uint8_t region() const { return region_; }
    bool has_pages() const { return directory_.has_value(); }

    /// Makes its memory reachable for the processor; CR3 is loaded only when it changes.
    void enter() {
        if (directory_) directory_->activate();
    }
    /// Lets the domain's SIPs at frames of the SIP zone, at their own addresses.
    Result<void> map(const Frames& frames, Writable writable);
    void unmap(const Frames& frames);

    std::uint32_t sips = 0; // that live in it
    ListLink link;

private:
    Domain(std::string name, Level level) : name_(std::move(name)), level_(level) {}
    Word allocate(std::uint32_t pages) override;
    void free(Word address, std::uint32_t pages) override;

    std::string name_;
    Level level_;
    std::uint8_t region_ = 0;
    std::optional<PageDirectory> directory_;
};

/// Page tables in which the kernel reaches all memory; what threads of its own run in, and what is
/// active while a domain goes away. Nothing while paging is off.
void enter_kernel_domain();
/// Switches paging on, with the kernel's own page tables. No memory for them: a sentence and the end.
void start_paging();
/// From now on nobody writes these frames, the kernel neither; and the reverse, when they go.
void seal(const Frames& frames);
void unseal(const Frames& frames);

} // namespace singlet::kern
