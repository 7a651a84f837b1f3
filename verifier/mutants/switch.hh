// What the rewritten sources call [rewrite.py]: each check asks here whether it is switched off, and notes that it failed.
// No build but those in build/unchecked includes this.
#pragma once

#include <cstddef>
#include <span>

namespace singlet::verifier::mutants {

inline constexpr unsigned kMost = 4096; // above every check's number

inline bool off[kMost]; // by the check's number

inline bool switch_off(unsigned check) {
    return check < kMost && (check == 0 || (off[check] = true));
}

// The checks that failed, each once, in the order in which they first did: of two that belong to one refusal, the one that
// looked at the program stands before the one that passed its answer on.
class Failed {
public:
    void add(unsigned check) {
        if (seen_[check]) return;
        seen_[check] = true;
        order_[count_++] = static_cast<unsigned short>(check);
    }
    bool has(unsigned check) const { return seen_[check]; }
    std::span<const unsigned short> all() const { return {order_, count_}; }
    void clear() { *this = Failed(); }

private:
    bool seen_[kMost] = {};
    unsigned short order_[kMost] = {};
    std::size_t count_ = 0;
};
inline Failed failed;

inline bool ignored(unsigned check) {
    failed.add(check);
    return off[check];
}

// A condition that has to hold, one that must not hold, and the result of a whole check.
inline bool holds(unsigned check, bool good) { return good || ignored(check); }
inline bool fails(unsigned check, bool bad) { return bad && !ignored(check); }
template <class Result>
Result passed(unsigned check, Result result) {
    return result.has_value() || !ignored(check) ? result : Result{};
}

} // namespace singlet::verifier::mutants
