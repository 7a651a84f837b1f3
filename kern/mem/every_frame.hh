// For self-tests: every frame that a zone has left, for as long as one of these lives. They are taken
// one by one and chained through their first word, which also shows that all are memory and that none
// is handed out twice.
#pragma once
#include "kern/mem/frames.hh"

namespace singlet::kern {

class EveryFrame {
public:
    explicit EveryFrame(Zone zone) {
        for (;; count_++) {
            auto frame = Frames::allocate(zone, 1, Zeroed::No);
            if (!frame) return;
            PhysAddr address = frame->release();
            *at<std::uint32_t>(address) = chain_;
            chain_ = address.raw();
        }
    }
    EveryFrame(const EveryFrame&) = delete;
    EveryFrame& operator=(const EveryFrame&) = delete;
    ~EveryFrame() {
        while (give_one())
            ;
    }

    std::uint32_t count() const { return count_; }
    /// Gives the frame taken last back; false when none is left.
    bool give_one() {
        if (chain_ == 0) return false;
        Frames frame = Frames::adopt(PhysAddr(chain_), 1);
        chain_ = *at<std::uint32_t>(frame.start());
        count_--;
        return true;
    }

private:
    std::uint32_t chain_ = 0, count_ = 0;
};

} // namespace singlet::kern
