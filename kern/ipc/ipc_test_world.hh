// What the unit tests of kern/ipc run on: memory below 4 GB with every page counted, and parties
// whose waiting is written down instead of done.
#pragma once
#include "kern/ipc/channel.hh"
#include <map>
#include <memory>
#include <set>
#include <sys/mman.h>
#include <vector>

namespace singlet::kern {
class Thread {}; // for these tests: something that waits
} // namespace singlet::kern

namespace singlet::kern::test {

class CountedPages final : public PageSource {
public:
    explicit CountedPages(Word base, std::uint32_t pages) : base_(base), used_(pages) {}
    Word allocate(std::uint32_t pages) override {
        if (in_use + pages > limit) return 0;
        for (std::size_t i = 0; i + pages <= used_.size(); i++) {
            std::size_t n = 0;
            while (n < pages && !used_[i + n])
                n++;
            if (n < pages) {
                i += n;
                continue;
            }
            for (n = 0; n < pages; n++)
                used_[i + n] = true;
            in_use += pages;
            return base_ + static_cast<Word>(i) * kExchangePage;
        }
        return 0;
    }
    void free(Word address, std::uint32_t pages) override {
        std::memset(pointer<void>(address), 0xdd, pages * kExchangePage);
        for (std::size_t n = 0; n < pages; n++)
            used_[(address - base_) / kExchangePage + n] = false;
        in_use -= pages;
    }
    std::uint32_t in_use = 0, limit = 1u << 20;

private:
    Word base_;
    std::vector<bool> used_;
};

struct World {
    static constexpr std::uint32_t kPages = 2048, kSources = 3;
    World() {
        void* memory = mmap(nullptr, kSources * kPages * kExchangePage, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        ASSERT(memory != MAP_FAILED);
        base = word(memory);
        map.resize(base / kExchangePage + kSources * kPages);
        for (Word i = 0; i < kSources; i++)
            sources.push_back(
                std::make_unique<CountedPages>(base + i * kPages * kExchangePage, kPages));
        heap = std::make_unique<ExchangeHeap>(*sources[0], map);
    }
    ~World() { munmap(pointer<void>(base), kSources * kPages * kExchangePage); }

    std::uint32_t pages_in_use() const {
        std::uint32_t sum = 0;
        for (auto& source : sources)
            sum += source->in_use;
        return sum;
    }

    Word base;
    std::vector<std::uint8_t> map;
    std::vector<std::unique_ptr<CountedPages>> sources;
    std::unique_ptr<ExchangeHeap> heap;
};

// What wake() and wait() were asked for, since the test began.
struct Waiting {
    std::vector<Thread*> woken;
    std::vector<Party*> preferred;
    void (*while_waiting)(Party& self) = nullptr; // what others do meanwhile
};
extern Waiting waiting;

} // namespace singlet::kern::test
