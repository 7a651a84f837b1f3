#include "kern/install/power.hh"

#include <algorithm>
#include <memory>

namespace singlet::kern {

namespace {

std::vector<std::unique_ptr<Power>>& powers() {
    static auto& list = *new std::vector<std::unique_ptr<Power>>;
    return list;
}

auto find_power(const Sip& sip) {
    return std::ranges::find_if(powers(), [&](const auto& p) { return p->holder == &sip; });
}

Sip* not_yet_started_by(const Sip& creator) {
    for (Sip& sip : all_sips())
        if (sip.state == Sip::State::Created && sip.creator == &creator) return &sip;
    return nullptr;
}

} // namespace

Power::Entry* Power::find(std::uint32_t number) {
    auto found = std::ranges::find(programs, number, &Entry::number);
    return found == programs.end() ? nullptr : &*found;
}

Power& power_of(const Sip& sip) {
    auto found = find_power(sip);
    if (found != powers().end()) return **found;
    powers().push_back(std::make_unique<Power>(Power{.holder = &sip}));
    return *powers().back();
}

void drop_power(const Sip& sip) {
    while (Sip* child = not_yet_started_by(sip))
        reap_sip(*child);
    auto found = find_power(sip);
    if (found == powers().end()) return;
    if ((*found)->installation) abandon_installation(*(*found)->installation);
    powers().erase(found);
}

} // namespace singlet::kern
