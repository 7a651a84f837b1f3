// How many buckets a std::unordered_map gets. The standard library's own version computes in
// floating point, which the kernel does not do (interrupts save integer registers only); this one
// keeps the load at or under one element a bucket in whole numbers. unordered_map::reserve() and
// max_load_factor() compute in floating point in the header and cannot be used in the kernel.
#include <iterator>
#include <unordered_map>

namespace std::__detail {

namespace {

// Roughly doubling primes: a poor hash (the identity, for integers) still spreads.
constexpr size_t kPrimes[] = {2,       5,        11,       23,       47,       97,      199,
                              409,     823,      1741,     3469,     6949,     14033,   28411,
                              57557,   116731,   236897,   480881,   976369,   1982627, 4026031,
                              8175383, 16601593, 33712729, 68460391, 139022417};

} // namespace

size_t _Prime_rehash_policy::_M_next_bkt(size_t wanted) const {
    for (size_t prime : kPrimes) {
        if (prime < wanted) continue;
        _M_next_resize = prime;
        return prime;
    }
    _M_next_resize = size_t(-1);
    return kPrimes[std::size(kPrimes) - 1];
}

pair<bool, size_t> _Prime_rehash_policy::_M_need_rehash(size_t buckets, size_t elements,
                                                        size_t more) const {
    if (elements + more <= _M_next_resize) return {false, 0};
    return {true, _M_next_bkt(std::max(elements + more, buckets * 2))};
}

} // namespace std::__detail
