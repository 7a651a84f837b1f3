// Physical and virtual addresses are types of their own, so that one is never taken for the other
// unseen; where the two are equal (identity mapping), code says so by writing `identity`.
#pragma once
#include "kern/mem/layout.hh"
#include <compare>

namespace singlet::kern {

template <class Tag>
class Address {
public:
    constexpr Address() = default;
    explicit constexpr Address(std::uint32_t raw) : raw_(raw) {}

    constexpr std::uint32_t raw() const { return raw_; }
    constexpr bool page_aligned() const { return raw_ % kPageSize == 0; }
    constexpr Address operator+(std::uint32_t bytes) const { return Address(raw_ + bytes); }
    constexpr auto operator<=>(const Address&) const = default;

private:
    std::uint32_t raw_ = 0;
};

using PhysAddr = Address<struct PhysicalTag>;
using VirtAddr = Address<struct VirtualTag>;

constexpr VirtAddr identity(PhysAddr address) { return VirtAddr(address.raw()); }
constexpr PhysAddr identity(VirtAddr address) { return PhysAddr(address.raw()); }

/// The memory at a physical address, through the identity mapping. The caller knows it is mapped.
template <class T>
T* at(PhysAddr address) {
    return reinterpret_cast<T*>(address.raw());
}

} // namespace singlet::kern
