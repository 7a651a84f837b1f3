// Which class implements which interface, as a bit matrix, so that the question costs one load however many
// interfaces a class lists.
#pragma once

#include <cstdint>
#include <vector>

#include "verifier/module.hh"

namespace singlet::verifier {

class Subtypes {
public:
    Subtypes() = default;
    explicit Subtypes(const Module& module);

    bool implements(std::uint16_t cls, std::uint16_t interface) const {
        return rows_[cls * words_ + interface / 64] >> (interface % 64) & 1;
    }
    // The one interface that both implement (an interface implements itself); kNone if there is none or a choice.
    static constexpr std::uint16_t kNone = 0xffff;
    std::uint16_t common(std::uint16_t a, std::uint16_t b) const;

private:
    std::size_t words_ = 0; // of a row
    std::vector<std::uint64_t> rows_;
};

} // namespace singlet::verifier
