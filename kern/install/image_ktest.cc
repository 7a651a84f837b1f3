// From machine code to an image: relocations, what they are bound to, and the seal.
#include "kern/cpu/trap.hh"
#include "kern/install/handmade.hh"
#include "kern/mem/paging.hh"
#include "kern/proc/kernel_domain.hh"
#include "kern/proc/sip_memory.hh"
#include "kern/proc/thread.hh"
#include "lib/rt/kernel.hh"
#include <cstring>

namespace singlet::kern {

namespace {

using verifier::Relocation;
using What = Relocation::What;
using Where = Relocation::Where;

Word word_in(const std::uint8_t* bytes, std::uint32_t at) {
    Word word;
    std::memcpy(&word, bytes + at, sizeof word);
    return word;
}

constexpr auto kYield = static_cast<std::uint32_t>(abi::Call::yield);

// CALL a kernel call; CALL a helper; MOV EAX, [Now::sip]; MOV EAX, a place in the data; RET
verifier::NativeImage sample() {
    verifier::NativeImage native;
    native.code = {0xe8, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0, 0xa1, 0, 0, 0, 0, 0xb8, 2, 0, 0, 0, 0xc3};
    native.data = {5, 0, 0, 0, 0x11, 0x22, 0x33, 0x44};
    native.relocations = {
        {.offset = 1,
         .where = Where::Code,
         .what = What::KernelCall,
         .relative = true,
         .value = kYield},
        {.offset = 6, .where = Where::Code, .what = What::Helper, .relative = true, .value = 3},
        {.offset = 11, .where = Where::Code, .what = What::Now, .relative = false, .value = 4},
        {.offset = 16, .where = Where::Code, .what = What::Data, .relative = false, .value = 4},
        {.offset = 0, .where = Where::Data, .what = What::Code, .relative = false, .value = 10},
    };
    native.maps.push_back({.return_address = 5,
                           .frame_size = 1,
                           .slot_count = 1,
                           .first_slot = 0,
                           .saved_mask = 0,
                           .register_mask = 0,
                           .argument_mask = 0,
                           .reserved = 0});
    native.map_slots = {0x1234};
    native.start = 10;
    return native;
}

Word called_at(Word code, std::uint32_t at) { return code + at + 4 + *pointer<Word>(code + at); }

} // namespace

KERNEL_TEST(image_linked) {
    constexpr Word kCode = 0x5000000, kData = 0x6000000;
    verifier::NativeImage native = sample();
    auto code = native.code, data = native.data;
    std::uint32_t asked = 0;
    verifier::link(native, code, kCode, data, kData, [&](What what, std::uint32_t value) {
        asked++;
        return 0x1000000u * static_cast<Word>(what) + value;
    });
    CHECK_EQUAL(asked, 3);
    CHECK(word_in(code.data(), 1) ==
          0x1000000u * static_cast<Word>(What::KernelCall) + kYield - (kCode + 5));
    CHECK(word_in(code.data(), 6) ==
          0x1000000u * static_cast<Word>(What::Helper) + 3 - (kCode + 10));
    CHECK_EQUAL(word_in(code.data(), 11), 0x1000000u * static_cast<Word>(What::Now) + 4);
    CHECK_EQUAL(word_in(code.data(), 16), kData + 4 + 2); // the field held 2
    CHECK_EQUAL(word_in(data.data(), 0), kCode + 10 + 5);
    CHECK(code[0] == 0xe8 && code[20] == 0xc3 && word_in(data.data(), 4) == 0x44332211);
}

// A gate begins with CLI. A stub loads its number and traps.
KERNEL_TEST(calls_bound) {
    constexpr std::uint8_t kCli = 0xfa, kMovEax = 0xb8;
    for (std::uint32_t number = 0; number < kFunctionCount; number++) {
        auto* gate = pointer<const std::uint8_t>(function_address(number, Binding::Call));
        auto* stub = pointer<const std::uint8_t>(function_address(number, Binding::Interrupt));
        CHECK_EQUAL(*gate, kCli);
        CHECK(*stub == kMovEax && word_in(stub, 1) == number);
        CHECK(pointer<const char>(word(stub)) >= __rt_start); // where CPL 3 may execute
        CHECK(pointer<const char>(word(stub)) < __rt_end &&
              pointer<const char>(word(gate)) >= __kernel_start);
    }
    CHECK(function_address(0, Binding::Call) != function_address(1, Binding::Call));
}

KERNEL_TEST(image_bound) {
    for (Binding binding : {Binding::Call, Binding::Interrupt}) {
        ImageRef image = handmade::image_of(sample(), binding);
        Word code = image->code.start().raw();
        CHECK_EQUAL(called_at(code, 1), function_address(kYield, binding));
        CHECK_EQUAL(called_at(code, 6), rt::helper_address(3));
        CHECK_EQUAL(*pointer<Word>(code + 11), now_address() + 4);
    }
}

KERNEL_TEST(image_laid_out) {
    std::uint32_t free = zone_info(Zone::Sip).free;
    {
        ImageRef image = handmade::image_of(sample());
        Word code = image->code.start().raw(), data = image->data.start().raw();
        CHECK_EQUAL(zone_info(Zone::Sip).free, free - 2);
        CHECK(image->code_size == 21 && image->start == code + 10);
        CHECK(*pointer<std::uint8_t>(code) == 0xe8 && *pointer<std::uint8_t>(code + 20) == 0xc3);
        CHECK(*pointer<std::uint8_t>(code + 21) == 0 && *pointer<Word>(code + kPageSize - 4) == 0);
        CHECK(*pointer<Word>(data + 4) == 0x44332211 && *pointer<Word>(data) == code + 15);
        CHECK(image->maps == data + 16 &&
              image->map_count == 1); // 8 bytes of data, then a multiple of 16
        CHECK_EQUAL(pointer<rt::StackMap>(image->maps)->return_address, 5);
        CHECK_EQUAL(image->map_slots, image->maps + sizeof(rt::StackMap));
        CHECK_EQUAL(*pointer<std::uint16_t>(image->map_slots), 0x1234);
        CHECK(image->native.code.empty() && image->native.relocations.empty());
    }
    CHECK_EQUAL(zone_info(Zone::Sip).free, free);
}

namespace {

constinit std::uint32_t write_faults = 0;
bool count_fault(TrapFrame& frame) {
    constexpr std::uint32_t kWriteNotAllowed = 3;
    write_faults += frame.vector == vector::kPageFault && frame.error == kWriteNotAllowed;
    leave_outside();
}

} // namespace

// With paging on it shows: not even the kernel writes there, until the image is gone.
KERNEL_TEST(image_sealed) {
    start_paging();
    Frames stack = *Frames::allocate(Zone::Kernel, 1, Zeroed::No);
    TrapHandler before = set_outside_fault_handler(count_fault);
    auto write = [](void* address) { *static_cast<volatile Word*>(address) = 0; };
    ImageRef image = handmade::image_of(sample());
    PhysAddr code = image->code.start();
    run_outside(write, at<void>(code), at<void>(stack.end()));
    run_outside(write, at<void>(image->data.start()), at<void>(stack.end()));
    CHECK_EQUAL(write_faults, 2);
    CHECK_EQUAL(*at<std::uint8_t>(code), 0xe8);
    image = {};
    run_outside(write, at<void>(code), at<void>(stack.end()));
    CHECK_EQUAL(write_faults, 2);
    set_outside_fault_handler(before);
}

} // namespace singlet::kern
