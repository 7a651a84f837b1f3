// The memory of a C++ process: page tables of its own, in which the kernel is mapped for CPL 0 alone,
// and what is the process's own from kProcessBase up:
//
//   0x40000000                                              0x7fff0000    0x80000000
//   | program: code, constants, data | grown pages ... | nothing | stack |
//
// Below that it can read nothing but the SIPs' run-time, which all code at CPL 3 may. Its frames come
// from the kernel's zone, so whatever page tables are active, the kernel reaches them by their physical
// addresses. An address that a process names is a UserRange: nobody reads or writes there before
// readable() or writable() said that he may.
#pragma once
#include "kern/mem/paging.hh"
#include "kern/native/elf.hh"
#include <cstdint>

namespace singlet::kern {

inline constexpr std::uint32_t kProcessEnd = 0x80000000;
inline constexpr std::uint32_t kProcessStackPages = 16;
inline constexpr std::uint32_t kProcessStackBottom = kProcessEnd - kProcessStackPages * kPageSize;
inline constexpr std::uint32_t kMostProcessPages = 4096; // of one process: 16 MB

struct UserRange {
    std::uint32_t address = 0, bytes = 0;
};

class AddressSpace {
public:
    /// The program's segments, filled, and a stack. Error: NoMemory, Limit.
    static Result<AddressSpace> create(const ElfProgram& program);
    AddressSpace(AddressSpace&&) = default;
    AddressSpace& operator=(AddressSpace&&) = delete;
    ~AddressSpace();

    void activate() { directory_.activate(); }
    /// Zeroed pages behind the last; the address of the first. Error: NoMemory, Limit.
    Result<std::uint32_t> grow(std::uint32_t pages);

    /// Is every byte the process's own to read (to write)? An empty range is, wherever it is.
    bool readable(UserRange range) const { return allows(range, Writable::No); }
    bool writable(UserRange range) const { return allows(range, Writable::Yes); }
    /// Where a byte lies that readable() or writable() has allowed.
    PhysAddr physical(std::uint32_t address) const;

    void copy_in(void* to, UserRange from) const;
    void copy_out(UserRange to, const void* from) const;

private:
    explicit AddressSpace(PageDirectory directory) : directory_(std::move(directory)) {}
    bool allows(UserRange range, Writable writable) const;
    Result<void> add(std::uint32_t start, std::uint32_t end, Writable writable);
    void remove(std::uint32_t start, std::uint32_t end);

    PageDirectory directory_;
    std::uint32_t end_ = kProcessBase; // of the program and what it grew
    std::uint32_t pages_ = 0;
};

/// From one process to another, or within one. Both ranges were allowed before.
void copy_between(const AddressSpace& from, std::uint32_t source, const AddressSpace& to,
                  std::uint32_t target, std::uint32_t bytes);

} // namespace singlet::kern
