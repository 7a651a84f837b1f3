// A SIP's memory is its own and comes back, and a SIP can end in any way, at any instruction.
#include "kern/install/handmade.hh"
#include "kern/proc/thread.hh"

namespace singlet::kern {

KERNEL_TEST(sip_pages) {
    [[maybe_unused]] handmade::Place place;
    ZoneInfo before = zone_info(Zone::Sip);
    SipPages mine, other;
    // <since lab7>
    mine.live_in(*place.domain);
    other.live_in(*place.domain);
    // </since>
    CHECK(mine.open(8) && other.open(8));
    CHECK_EQUAL(zone_info(Zone::Sip).promised, before.promised + 16);
    Word one = mine.allocate(1), three = mine.allocate(3), his = other.allocate(2);
    CHECK(one && three && his);
    CHECK(mine.used() == 4 && other.used() == 2 && zone_info(Zone::Sip).free == before.free - 6);
    CHECK(mine.is_run(one) && mine.is_run(three) && other.is_run(his));
    CHECK(!mine.is_run(three + kPageSize) && !mine.is_run(his) && !other.is_run(one));
    CHECK(mine.hold(three, 3 * kPageSize) && mine.hold(three + kPageSize, 1));
    CHECK(!mine.hold(his, 1) && !other.hold(three + 2 * kPageSize, 4));
    CHECK_EQUAL(mine.allocate(5), 0); // 4 of 8 are in use
    mine.free(three);
    CHECK(mine.used() == 1 && !mine.is_run(three) && !mine.hold(three + kPageSize, 1));
    CHECK(mine.most() == 4 && mine.hold(one, kPageSize));
    Word five = mine.allocate(5); // and may be had again
    CHECK(five && mine.used() == 6);
    mine.close();
    CHECK(mine.used() == 0 && !mine.is_run(one) && !mine.hold(five, 1));
    CHECK(other.hold(his, 2 * kPageSize)); // nobody else notices
    other.close();
    ZoneInfo after = zone_info(Zone::Sip);
    CHECK(after.free == before.free && after.promised == before.promised);
}

namespace {

using verifier::Relocation;

verifier::NativeImage code_of(std::vector<std::uint8_t> code) {
    verifier::NativeImage native;
    native.code = std::move(code);
    return native;
}

// PUSH the arguments, the last one first; CALL.
verifier::NativeImage calls(Relocation::What what, std::uint32_t number, std::uint8_t first,
                            std::uint8_t second) {
    auto native = code_of({0x6a, second, 0x6a, first, 0xe8, 0, 0, 0, 0, 0x0f, 0x0b});
    native.relocations.push_back({.offset = 5,
                                  .where = Relocation::Where::Code,
                                  .what = what,
                                  .relative = true,
                                  .value = number});
    return native;
}

verifier::NativeImage returns() { return code_of({0xc3}); }
verifier::NativeImage spins() { return code_of({0xeb, 0xfe}); }
verifier::NativeImage faults() { return code_of({0x0f, 0x0b}); } // UD2

void wait_for(const Sip& sip) {
    while (sip.state != Sip::State::Ended)
        yield();
}

// Runs `test(sip)` on a new SIP of that code, which has ended then; everything must have come back.
template <class Test>
void after_the_end(const verifier::NativeImage& code, Test test) {
    handmade::Place place;
    std::uint32_t sip_frames = zone_info(Zone::Sip).free;
    Sip& sip = place.start(code);
    test(sip);
    CHECK(sip.state == Sip::State::Ended && sip.pages.used() == 0);
    reap_sip(sip);
    CHECK(zone_info(Zone::Sip).free == sip_frames && zone_info(Zone::Sip).promised == 0);
    CHECK(all_sips().first() == nullptr);
}

} // namespace

KERNEL_TEST(sip_returns) {
    after_the_end(returns(), [](Sip& sip) {
        wait_for(sip);
        CHECK(sip.reason == rt::TrapReason::None && sip.status == 0);
    });
    after_the_end(faults(), [](Sip& sip) {
        wait_for(sip);
        CHECK(sip.reason == rt::TrapReason::ProcessorFault);
    });
}

KERNEL_TEST(sip_exits) {
    auto exit = static_cast<std::uint32_t>(abi::Call::exit);
    after_the_end(calls(Relocation::What::KernelCall, exit, 42, 0), [](Sip& sip) {
        wait_for(sip);
        CHECK(sip.reason == rt::TrapReason::None && sip.status == 42 && sip.exited);
    });
    auto trap = static_cast<std::uint32_t>(verifier::Helper::Trap);
    auto reason = static_cast<std::uint8_t>(rt::TrapReason::Explicit);
    after_the_end(calls(Relocation::What::Helper, trap, reason, 7), [](Sip& sip) {
        Word behind_call = sip.image->code.start().raw() + 9;
        wait_for(sip);
        CHECK(sip.reason == rt::TrapReason::Explicit && sip.trap_number == 7);
        CHECK_EQUAL(sip.trap_address, behind_call);
    });
}

KERNEL_TEST(sip_killed) {
    after_the_end(spins(), [](Sip& sip) { // before its first instruction
        kill_sip(sip);
        CHECK(sip.reason == rt::TrapReason::Killed);
    });
    after_the_end(spins(), [](Sip& sip) { // somewhere in its loop
        yield();
        CHECK(sip.state == Sip::State::Running);
        kill_sip(sip);
        CHECK(sip.reason == rt::TrapReason::Killed && !sip.thread);
    });
    after_the_end(returns(), [](Sip& sip) { // once it is over, nothing happens
        wait_for(sip);
        kill_sip(sip);
        CHECK(sip.reason == rt::TrapReason::None);
    });
}

} // namespace singlet::kern
