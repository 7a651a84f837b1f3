// Table 1 for C++ processes at CPL 3: the operations that they share with SIPs, each a few times to warm up and then many times between
// the marks of the SIP user/table1. Echo answers, turns yields and newborn is born.
#include "user/native/lib/native.hh"

namespace singlet::native {

namespace {

enum Row : std::uint32_t { kLoop = 50, kCall, kYield, kPing, kBirth = 56, kDeath, kMessage = 60 };

constexpr std::uint32_t kWarm = 50;
constexpr std::uint32_t kCalls = 10'000;
constexpr std::uint32_t kYields = 2'000;
constexpr std::uint32_t kPings = 2'000;
constexpr std::uint32_t kMessages = 200;
constexpr std::uint32_t kNewborns = 100;

std::byte message[64 << 10], answer[64 << 10];

template <class Operation>
void measure(std::uint32_t row, std::uint32_t times, Operation operation) {
    auto repeat = [&](std::uint32_t n) {
        for (std::uint32_t i = 0; i < n; i++)
            operation();
    };
    repeat(kWarm);
    mark(2 * row);
    repeat(times);
    mark(2 * row + 1);
}

// From the creation to the first instruction, and from the last one until nothing is left of it: newborn
// makes the marks in between.
bool births() {
    for (std::uint32_t i = 0; i < kNewborns; i++) {
        mark(2 * kBirth);
        Outcome child = spawn("newborn.elf");
        if (!child.good() || !wait(static_cast<ProcessId>(child.value)).good()) return false;
        mark(2 * kDeath + 1);
    }
    return true;
}

} // namespace

int main() {
    measure(kLoop, kCalls, [] { asm volatile(""); });
    measure(kCall, kCalls, [] { native_null(); });

    Outcome other = spawn("turns.elf");
    measure(kYield, kYields, [] { yield(); });
    kill(static_cast<ProcessId>(other.value));

    Outcome echo = find("echo");
    if (!other.good() || !echo.good()) return 1;
    auto there_and_back = [&](std::uint32_t bytes) {
        call(static_cast<ProcessId>(echo.value), {message, bytes}, {answer, bytes});
    };
    measure(kPing, kPings, [&] { there_and_back(1); });
    std::uint32_t row = kMessage;
    for (std::uint32_t size = 1; size <= sizeof message; size *= size < 256 ? 16 : 4)
        measure(row++, kMessages, [&] { there_and_back(size); });
    return births() ? 0 : 1;
}

} // namespace singlet::native
