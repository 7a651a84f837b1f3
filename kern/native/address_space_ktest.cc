// A process's memory: which ranges are its own, and what is copied between two of them.
#include "kern/boot/test.hh"
#include "kern/mem/every_frame.hh"
#include "kern/native/address_space.hh"
#include <cstring>
#include <iterator>

namespace singlet::kern {

namespace {

constexpr std::uint32_t kCode = kProcessBase, kData = kProcessBase + 0x10000;

// A page of code, and behind a gap one and a half of data.
AddressSpace make_space() {
    static constexpr std::uint8_t kContents[] = {1, 2, 3, 4};
    ElfProgram program{.entry = kCode, .count = 2};
    program.table[0] = {kCode, kPageSize, kContents, false};
    program.table[1] = {kData + 100, 6000, kContents, true};
    return *AddressSpace::create(program);
}

std::uint32_t frames_of_kernel() {
    return zone_info(Zone::Kernel).frames - zone_info(Zone::Kernel).free;
}

} // namespace

KERNEL_TEST_AFTER(400, process_memory_is_loaded) {
    std::uint32_t before = frames_of_kernel();
    {
        AddressSpace space = make_space();
        CHECK_EQUAL(*at<std::uint32_t>(space.physical(kCode)), 0x04030201);
        CHECK_EQUAL(*at<std::uint32_t>(space.physical(kCode + kPageSize - 4)),
                    0); // not in the file
        CHECK_EQUAL(*at<std::uint32_t>(space.physical(kData + 100)), 0x04030201);
        CHECK_EQUAL(*at<std::uint32_t>(space.physical(kData + 96)), 0);
        for (std::uint32_t page = kProcessStackBottom; page < kProcessEnd; page += kPageSize)
            CHECK_EQUAL(*at<std::uint32_t>(space.physical(page)), 0);
        CHECK(space.physical(kData) != space.physical(kData + kPageSize));
        // Code, data, stack; the directory, and a table for each of the two 4 MB that are used.
        CHECK_EQUAL(frames_of_kernel() - before, 1 + 2 + kProcessStackPages + 3);
        space.activate(); // for the processor they are there as well
        CHECK_EQUAL(*reinterpret_cast<volatile std::uint32_t*>(kData + 100), 0x04030201);
        *reinterpret_cast<volatile std::uint32_t*>(kProcessEnd - 4) = 7;
        disable_paging();
        CHECK_EQUAL(*at<std::uint32_t>(space.physical(kProcessEnd - 4)), 7);
    }
    CHECK_EQUAL(frames_of_kernel(), before);
}

KERNEL_TEST_AFTER(400, process_memory_without_memory) {
    std::uint32_t before = frames_of_kernel();
    ElfProgram large{.entry = kCode, .count = 1};
    large.table[0] = {kCode, (kMostProcessPages + 1) * kPageSize, {}, true};
    CHECK(AddressSpace::create(large).error() == Error::Limit);
    CHECK_EQUAL(frames_of_kernel(), before);
    {
        EveryFrame all(Zone::Kernel);
        for (int i = 0; i < 8; i++)
            all.give_one(); // enough to begin with
        CHECK(AddressSpace::create({.entry = kCode}).error() == Error::NoMemory);
    }
    CHECK_EQUAL(frames_of_kernel(), before);
}

KERNEL_TEST_AFTER(400, process_memory_is_its_own) {
    std::uint32_t before = frames_of_kernel();
    {
        AddressSpace space = make_space();
        constexpr std::uint32_t kDataEnd = kData + 2 * kPageSize;
        CHECK(space.readable({kCode, kPageSize}) && !space.writable({kCode, 1}));
        CHECK(!space.readable({kCode, kPageSize + 1})); // the gap
        CHECK(space.writable({kData, 2 * kPageSize}) && !space.writable({kDataEnd - 1, 2}));
        CHECK(space.writable({kProcessEnd - 1, 1}) && !space.writable({kProcessEnd - 1, 2}));
        CHECK(!space.readable({kProcessStackBottom - 1, 1}));
        CHECK(!space.readable({kProcessEnd, 1}) && !space.readable({0xffffffff, 1}));
        CHECK(!space.readable({0, 1}) && !space.readable({kKernelBase, 4}));
        CHECK(!space.readable({kProcessBase - 1, 2})); // begins in the kernel
        CHECK(!space.readable({kCode, 0xffffffff}) && !space.readable({kData, 0u - kData}));
        CHECK(space.readable({0, 0}) && space.writable({0xffffffff, 0})); // nothing is anywhere
    }
    CHECK_EQUAL(frames_of_kernel(), before);
}

KERNEL_TEST_AFTER(400, process_memory_grows) {
    std::uint32_t before = frames_of_kernel();
    {
        AddressSpace space = make_space();
        std::uint32_t end = kData + 2 * kPageSize;
        CHECK(space.grow(0) == end && space.grow(3) == end && space.grow(1) == end + 3 * kPageSize);
        CHECK(space.writable({end, 4 * kPageSize}) && !space.readable({end + 4 * kPageSize, 1}));
        std::uint32_t held = frames_of_kernel();
        CHECK(space.grow(kMostProcessPages).error() == Error::Limit);
        CHECK(space.grow(0xfffff).error() == Error::Limit);
        CHECK(frames_of_kernel() == held && space.grow(0) == end + 4 * kPageSize);
    }
    CHECK_EQUAL(frames_of_kernel(), before);
}

KERNEL_TEST_AFTER(400, process_memory_is_copied) {
    AddressSpace one = make_space(), two = make_space();
    std::uint8_t bytes[5000], back[5000];
    for (std::uint32_t i = 0; i < std::size(bytes); i++)
        bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    std::uint32_t loaded = 0;
    one.copy_in(&loaded, {kData + 100, 4});
    CHECK_EQUAL(loaded, 0x04030201);
    one.copy_out({kData + 1, 5000}, bytes);
    copy_between(one, kData + 1, two, kData + 3000, 5000);
    two.copy_in(back, {kData + 3000, 5000});
    CHECK_EQUAL(std::memcmp(bytes, back, sizeof bytes), 0);
    std::uint8_t beside[2];
    two.copy_in(&beside[0], {kData + 2999, 1});
    two.copy_in(&beside[1], {kData + 8000, 1});
    CHECK(beside[0] == 0 && beside[1] == 0);
}

// Frames side by side are by turns the one's and the other's.
KERNEL_TEST_AFTER(400, process_memory_is_scattered) {
    AddressSpace one = make_space(), two = make_space();
    constexpr std::uint32_t kEnd = kData + 2 * kPageSize, kBytes = 2 * kPageSize;
    for (int page = 0; page < 4; page++)
        CHECK(one.grow(1) && two.grow(1));
    for (std::uint32_t at = 0; at < kBytes; at += 4)
        one.copy_out({kEnd + 100 + at, 4}, &at);
    copy_between(one, kEnd + 100, two, kEnd + 3000, kBytes); // the target's page ends first
    copy_between(two, kEnd + 3000, one, kEnd + 50, kBytes);  // the source's does
    for (std::uint32_t at = 0, back = 0; at < kBytes; at += 4) {
        one.copy_in(&back, {kEnd + 50 + at, 4});
        CHECK_EQUAL(back, at);
    }
}

} // namespace singlet::kern
