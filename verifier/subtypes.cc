#include "verifier/subtypes.hh"

#include <bit>

namespace singlet::verifier {

Subtypes::Subtypes(const Module& module) : words_((module.classes.size() + 63) / 64) {
    rows_.resize(module.classes.size() * words_);
    for (std::size_t c = 0; c < module.classes.size(); ++c) {
        std::uint64_t* row = &rows_[c * words_];
        auto set = [row](std::size_t i) { row[i / 64] |= std::uint64_t{1} << (i % 64); };
        for (std::uint16_t i : module.classes[c].interfaces)
            set(i);
        if (module.classes[c].is_interface) set(c);
    }
}

std::uint16_t Subtypes::common(std::uint16_t a, std::uint16_t b) const {
    std::uint16_t found = kNone;
    for (std::size_t w = 0; w < words_; ++w) {
        const std::uint64_t both = rows_[a * words_ + w] & rows_[b * words_ + w];
        if (both == 0) continue;
        if (found != kNone || !std::has_single_bit(both)) return kNone;
        found = static_cast<std::uint16_t>(w * 64 + std::countr_zero(both));
    }
    return found;
}

} // namespace singlet::verifier
