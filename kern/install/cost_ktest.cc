// What a process and a kernel call cost, once as a C++ process at CPL 3 and once as a SIP: two tiny
// programs in machine code, which do the same. Marks for the model clock, n = 10 for the C++ process and
// 20 for the SIP:
//
//   n      it is created and started      n + 1  its first instruction, then kCalls empty kernel calls
//   n + 2  it ends and is taken away      n + 3
#include "kern/boot/arguments.hh"
#include "kern/install/handmade.hh"
#include "kern/native/process.hh"
#include "kern/proc/kernel_domain.hh"
#include "kern/proc/thread.hh"
#include <cstring>

namespace singlet::kern {

namespace {

constexpr std::uint32_t kCalls = 256, kNative = 10, kSip = 20, kWarm = 100;

struct Code : std::vector<std::uint8_t> {
    Code& bytes(std::initializer_list<std::uint8_t> some) {
        insert(end(), some);
        return *this;
    }
    Code& word(std::uint32_t value) {
        for (int i = 0; i < 4; i++, value >>= 8)
            push_back(static_cast<std::uint8_t>(value));
        return *this;
    }
};

// MOV EAX, number; INT 0x80
Code& system_call(Code& code, std::uint32_t number) {
    return code.bytes({0xb8}).word(number).bytes({0xcd, 0x80});
}

enum SystemCall : std::uint32_t {
#define SYSTEM_CALL(name) k_##name,
#include "kern/native/system_calls.def"
};

// An ELF file [ELF 1.2] of one segment, which the kernel loads to kProcessBase and enters there.
Code native_program(std::uint32_t marks) {
    constexpr std::uint32_t kHeaders = 52 + 32;
    Code code;
    system_call(code.bytes({0xbb}).word(marks + 1), k_mark); // MOV EBX
    code.bytes({0xbe}).word(kCalls);                         // MOV ESI
    system_call(code, k_null).bytes({0x4e, 0x75, 0xf6});     // DEC ESI; JNZ
    system_call(code.bytes({0xbb}).word(marks + 2), k_mark);
    system_call(code.bytes({0x31, 0xdb}), k_exit); // XOR EBX, EBX
    Code file;
    file.bytes({0x7f, 'E', 'L', 'F', 1, 1, 1, 0}).word(0).word(0);
    file.word(2 | 3 << 16).word(1).word(kProcessBase).word(52).word(0).word(0);
    file.word(52 | 32 << 16).word(1).word(0);
    auto size = static_cast<std::uint32_t>(code.size());
    file.word(1).word(kHeaders).word(kProcessBase).word(0).word(size).word(size).word(5).word(0);
    file.insert(file.end(), code.begin(), code.end());
    return file;
}

verifier::NativeImage sip_program(std::uint32_t marks) {
    verifier::NativeImage native;
    Code code;
    auto call = [&](abi::Call number) {
        code.bytes({0xe8});
        native.relocations.push_back({.offset = static_cast<std::uint32_t>(code.size()),
                                      .where = verifier::Relocation::Where::Code,
                                      .what = verifier::Relocation::What::KernelCall,
                                      .relative = true,
                                      .value = static_cast<std::uint32_t>(number)});
        code.word(0);
    };
    code.bytes({0x68}).word(marks + 1); // PUSH
    call(abi::Call::mark);
    code.bytes({0x58, 0xbf}).word(kCalls); // POP EAX; MOV EDI
    call(abi::Call::null);
    code.bytes({0x4f, 0x75, 0xf8, 0x68}).word(marks + 2); // DEC EDI; JNZ; PUSH
    call(abi::Call::mark);
    code.bytes({0x58, 0xc3}); // POP EAX; RET
    native.code = code;
    return native;
}

void run_native(std::uint32_t marks) {
    Code file = native_program(marks);
    BootModule module{.name = "tiny.elf",
                      .arguments = {},
                      .start = PhysAddr(address_of(file.data())),
                      .size = static_cast<std::uint32_t>(file.size())};
    emit_mark(marks);
    auto process = create_process(module, nullptr);
    CHECK(process.has_value());
    CHECK(start_process(**process).has_value());
    while ((*process)->state != Process::State::Ended)
        yield();
    CHECK((*process)->end == native::End::Exit && (*process)->status == 0);
    reap_process(**process);
    emit_mark(marks + 3);
}

void run_sip(handmade::Place& place, std::uint32_t marks) {
    ImageRef image = handmade::image_of(sip_program(marks));
    emit_mark(marks);
    Sip& sip = place.start(image);
    while (sip.state != Sip::State::Ended)
        yield();
    CHECK(sip.reason == rt::TrapReason::None);
    reap_sip(sip);
    emit_mark(marks + 3);
}

} // namespace

KERNEL_TEST(sip_cost) {
    start_paging(); // for CPL 3
    Thread::current().on_switch_in = [](Thread&) { enter_kernel_domain(); };
    handmade::Place place;
    for (std::uint32_t i = 0; i < 3; i++) { // what comes into the caches comes now
        run_native(kWarm);
        run_sip(place, kWarm);
    }
    run_native(kNative);
    run_sip(place, kSip);
}

} // namespace singlet::kern
