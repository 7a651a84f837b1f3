// Starts and kills children, reads= times, a few of them alive at once: at whatever they are when they let
// others run, and every 64th wherever the timer finds it. The server echo has to stay well, and the
// kernel counts at the end what is missing.
#include "user/native/lib/native.hh"
#include "user/native/lib/random.hh"
#include "user/native/test/check.hh"

namespace singlet::native {

namespace {

constexpr std::uint32_t kAlive = 6;
ProcessId children[kAlive];

void end(ProcessId& child, Random& random) {
    if (!child) return;
    if (random.below(2)) yield();
    check(kill(child).good(), "it can be killed");
    check(wait(child).value == static_cast<std::int32_t>(End::Killed), "it was");
    child = 0;
}

void use_up_a_turn() {
    for (std::uint32_t i = 0; i < 3'000'000; i++)
        asm volatile("");
}

} // namespace

int main() {
    Random random(argument(1));
    std::uint32_t rounds = argument(0);
    auto echo = static_cast<ProcessId>(find("echo").value);
    for (std::uint32_t round = 0; round < rounds; round++) {
        ProcessId& child = children[random.below(kAlive)];
        end(child, random);
        child = static_cast<ProcessId>(spawn("busy.elf").value);
        for (std::uint32_t turns = random.below(4); turns; turns--)
            yield();
        if (round % 64 == 0) use_up_a_turn();
        std::uint32_t back = 0;
        check(call(echo, bytes_of(round), room_of(back)).good() && back == round, "echo is well");
    }
    for (ProcessId& child : children)
        end(child, random);
    print("storm: {} rounds, {} failures\n", rounds, failures);
    return failures != 0;
}

} // namespace singlet::native
